"""The authorization request as a value (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).

`authorization_parameters.py` reads it, `authorization_checks.py` holds the rules that it keeps.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from gapura.protocol.authorization_details import RequestDetails
from gapura.protocol.claims_request import ClaimsRequest
from gapura.protocol.grant import AuthorizationDetails
from gapura.protocol.redirect import ReplyTo
from gapura.protocol.response_types import CODE
from gapura.values import ClientId, Secret

PROMPTS = ("none", "login", "consent", "select_account")

MOST_STATE = MOST_NONCE = 2048
MOST_ID_TOKEN_HINT = 8192


@dataclass(frozen=True, slots=True)
class AuthorizationPolicy:
    """`scopes` are all that exist, `resources` the identifiers of the resource servers (RFC 8707).

    `pkce_required` is 'all' or 'public'; `response_types` are those of this deployment.
    """

    issuer: str
    scopes: tuple[str, ...]
    pkce_required: str = "all"
    response_types: tuple[str, ...] = (CODE.name,)
    resources: Container[str] = frozenset()
    details: RequestDetails | None = None


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that keeps every rule; `scope` holds only what exists and the client may have."""

    client_id: ClientId
    reply_to: ReplyTo
    redirect_uri_sent: bool
    response_type: str
    scope: tuple[str, ...]
    nonce: str | None = field(repr=False)
    code_challenge: str | None
    prompt: tuple[str, ...]
    max_age: int | None
    acr_values: tuple[str, ...]
    claims: ClaimsRequest
    login_hint: Secret | None
    id_token_hint: Secret | None
    ui_locales: tuple[str, ...]
    claims_locales: tuple[str, ...]
    display: str | None
    resource: tuple[str, ...]
    authorization_details: AuthorizationDetails = ()
    dpop_jkt: str | None = None

    @property
    def is_openid(self) -> bool:
        return "openid" in self.scope

    def to_dict(self) -> dict[str, object]:
        """For JSON in the server's own store, read back by `from_dict`."""
        stored: dict[str, object] = {name: getattr(self, name) for name in PLAIN}
        stored |= {name: list(getattr(self, name)) for name in LISTS}
        stored |= {name: hint.reveal() if (hint := getattr(self, name)) else None for name in HINTS}
        stored |= {name: getattr(self.reply_to, name) for name in REPLY_TO}
        details = [dict(detail) for detail in self.authorization_details]
        return stored | {"claims": self.claims.to_dict(), "authorization_details": details}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        fields: dict[str, Any] = {name: stored[name] for name in PLAIN}
        fields |= {name: tuple(stored[name]) for name in LISTS}
        fields |= {name: Secret(stored[name]) if stored[name] else None for name in HINTS}
        to = ReplyTo(**{name: stored[name] for name in REPLY_TO})
        return cls(
            reply_to=to,
            claims=ClaimsRequest.from_dict(stored["claims"]),
            authorization_details=tuple(stored["authorization_details"]),
            **fields,
        )


PLAIN = (
    "client_id",
    "redirect_uri_sent",
    "response_type",
    "nonce",
    "code_challenge",
    "max_age",
    "display",
    "dpop_jkt",
)
LISTS = ("scope", "prompt", "acr_values", "ui_locales", "claims_locales", "resource")
HINTS = ("login_hint", "id_token_hint")
REPLY_TO = ("redirect_uri", "response_mode", "state")
