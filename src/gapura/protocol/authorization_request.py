"""The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).

Two steps, because an error may be redirected only once the redirect URI is proven: `reply_to` raises pages,
`parse` raises what goes back to the client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from gapura.errors import PageError
from gapura.protocol.claims_request import ClaimsRequest
from gapura.protocol.client import Client
from gapura.protocol.parameters import Parameters
from gapura.protocol.redirect import RESPONSE_MODES, ReplyTo, proven_redirect_uri
from gapura.values import ClientId, Secret

MOST_STATE = 2048


@dataclass(frozen=True, slots=True)
class AuthorizationPolicy:
    """`scopes` are all that exist, `resources` the identifiers of the resource servers (RFC 8707).

    `pkce_required` is 'all' or 'public'.
    """

    issuer: str
    scopes: tuple[str, ...]
    pkce_required: str = "all"
    resources: frozenset[str] = frozenset()


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

    @property
    def is_openid(self) -> bool:
        return "openid" in self.scope

    def to_dict(self) -> dict[str, object]:
        """For JSON in the server's own store, read back by `from_dict`."""
        stored: dict[str, object] = {name: getattr(self, name) for name in PLAIN}
        stored |= {name: list(getattr(self, name)) for name in LISTS}
        stored |= {name: hint.reveal() if (hint := getattr(self, name)) else None for name in HINTS}
        stored |= {name: getattr(self.reply_to, name) for name in REPLY_TO}
        return stored | {"claims": self.claims.to_dict()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        fields: dict[str, Any] = {name: stored[name] for name in PLAIN}
        fields |= {name: tuple(stored[name]) for name in LISTS}
        fields |= {name: Secret(stored[name]) if stored[name] else None for name in HINTS}
        to = ReplyTo(**{name: stored[name] for name in REPLY_TO})
        return cls(reply_to=to, claims=ClaimsRequest.from_dict(stored["claims"]), **fields)


PLAIN = ("client_id", "redirect_uri_sent", "response_type", "nonce", "code_challenge", "max_age", "display")
LISTS = ("scope", "prompt", "acr_values", "ui_locales", "claims_locales", "resource")
HINTS = ("login_hint", "id_token_hint")
REPLY_TO = ("redirect_uri", "response_mode", "state")


def reply_to(params: Parameters, find_client: Callable[[str], Client | None]) -> tuple[Client, ReplyTo]:
    """The client and where to answer it.

    Raises PageError("unknown_client") and PageError("bad_redirect_uri").
    """
    client = find_client(params.get("client_id") or "")
    if client is None or not client.is_active:
        raise PageError(
            "unknown_client", detail="no such client" if client is None else f"client is {client.status}"
        )
    redirect_uri = proven_redirect_uri(client, params.get("redirect_uri") or None)
    mode, state = params.get("response_mode") or "query", params.get("state")
    return client, ReplyTo(
        redirect_uri,
        mode if mode in RESPONSE_MODES else "query",
        state if state is not None and len(state) <= MOST_STATE else None,
    )
