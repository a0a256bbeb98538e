"""What a client may ask the authorization endpoint for, one row each (OAuth 2.0 Multiple Response Types).

All but `code` hand tokens through the browser: they exist in the sandbox alone, for clients that register them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

AUTHORIZATION_CODE, IMPLICIT = "authorization_code", "implicit"


@dataclass(frozen=True, slots=True)
class ResponseType:
    """`code`, `id_token` and `token` say what the answer of the authorization endpoint holds."""

    name: str
    code: bool
    id_token: bool
    token: bool

    @property
    def in_front(self) -> bool:
        """Whether tokens go through the browser."""
        return self.id_token or self.token

    @property
    def grant_types(self) -> tuple[str, ...]:
        """What a client registers for it (OpenID Connect Registration §2)."""
        return (AUTHORIZATION_CODE,) * self.code + (IMPLICIT,) * self.in_front

    @property
    def default_mode(self) -> str:
        """OAuth 2.0 Multiple Response Types §2.1 and §5: tokens never stand in a query."""
        return "fragment" if self.in_front else "query"


def _row(name: str) -> ResponseType:
    parts = name.split(" ")
    return ResponseType(name, "code" in parts, "id_token" in parts, "token" in parts)


RESPONSE_TYPES: Mapping[str, ResponseType] = MappingProxyType(
    {
        name: _row(name)
        for name in (
            "code",
            "code id_token",
            "code token",
            "code id_token token",
            "id_token",
            "id_token token",
        )
    }
)
CODE = RESPONSE_TYPES["code"]


def offered(*, sandbox: bool) -> tuple[str, ...]:
    """The response types of a deployment."""
    return tuple(name for name, row in RESPONSE_TYPES.items() if sandbox or not row.in_front)


def canonical(response_type: str) -> str:
    """The order of its words means nothing (RFC 6749 §3.1.1); with an unknown one it stays as it is."""
    if response_type in RESPONSE_TYPES:
        return response_type
    name = " ".join(sorted(response_type.split(" ")))
    return name if name in RESPONSE_TYPES else response_type
