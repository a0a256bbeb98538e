"""Token introspection (RFC 7662, RFC 9701): who may see what (decision 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gapura.protocol.access_token import acting, token_type
from gapura.protocol.bearer import MOST_TOKEN
from gapura.protocol.client import Client
from gapura.protocol.grant import AuthorizationDetails, Cnf, Grant
from gapura.protocol.parameters import Parameters, required
from gapura.protocol.refusals import invalid_client
from gapura.values import Instant, Secret, TokenId

TYP = "token-introspection+jwt"  # RFC 9701 §5
MEDIA_TYPE = f"application/{TYP}"


@dataclass(frozen=True, slots=True)
class TokenForm:
    """What introspection and revocation are asked about; the hint only says where to look first."""

    token: Secret
    hint: str | None


@dataclass(frozen=True, slots=True)
class LiveToken:
    """A token that is good now. `id` is None for a refresh token, `grant` for a client's own access token.

    An empty audience is the issuer's.
    """

    client_id: str
    scope: Sequence[str]
    audience: Sequence[str]
    issued_at: Instant
    expires_at: Instant
    grant: Grant | None
    id: TokenId | None = None
    authorization_details: AuthorizationDetails = ()
    cnf: Cnf | None = None
    act: Mapping[str, Any] | None = None
    may_act: str | None = None


def read_token(form: Parameters) -> TokenForm:
    """Raises OAuthError("invalid_request"); an unknown hint is ignored (RFC 7009 §2.1, RFC 7662 §2.1)."""
    return TokenForm(Secret(required(form, "token", MOST_TOKEN)), form.get("token_type_hint") or None)


def check_caller(caller: Client) -> None:
    """RFC 7662 §2.1: whoever asks must have proved who they are. Raises OAuthError("invalid_client")."""
    if caller.is_public:
        raise invalid_client("a public client cannot introspect")


def may_see(caller: Client, token: LiveToken) -> bool:
    """The client that the token was issued to, and the resource servers that it is addressed to."""
    if caller.id == token.client_id:
        return True
    return (
        token.id is not None
        and caller.resource_identifier is not None
        and caller.resource_identifier in token.audience
    )


def introspect(caller: Client, token: LiveToken | None, issuer: str) -> dict[str, Any]:
    """For a foreign, dead or unknown token exactly `{"active": false}`, so that none can be told from another."""
    if token is None or not may_see(caller, token):
        return {"active": False}
    audience = list(token.audience) or [issuer]
    answer: dict[str, Any] = {
        "active": True,
        "iss": issuer,
        "client_id": token.client_id,
        "sub": token.grant.sub if token.grant is not None else token.client_id,
        "aud": audience[0] if len(audience) == 1 else audience,
        "iat": int(token.issued_at.timestamp()),
        "exp": int(token.expires_at.timestamp()),
    }
    if token.scope:
        answer["scope"] = " ".join(token.scope)
    if token.authorization_details:
        answer["authorization_details"] = list(token.authorization_details)  # RFC 9396 §9.2
    if token.id is not None:
        answer |= {"token_type": token_type(token.cnf), "jti": str(token.id)}
    if token.cnf is not None:
        answer["cnf"] = dict(token.cnf)
    if token.id is not None:
        answer |= acting(token.act, token.may_act, token.grant)
    if token.grant is not None:
        answer |= {
            "auth_time": int(token.grant.auth_time.timestamp()),
            "acr": token.grant.acr,
            "amr": list(token.grant.amr),
        }
    return answer


def asks_for_jwt(accept: str) -> bool:
    """RFC 9701 §4, by the header Accept."""
    return any(one.partition(";")[0].strip().lower() == MEDIA_TYPE for one in accept.split(","))


def jwt_claims(caller: Client, answer: Mapping[str, Any], issuer: str, now: Instant) -> dict[str, Any]:
    """RFC 9701 §5: what is said of the token stands apart, so that this can't be taken for the token itself (§8.1)."""
    return {
        "iss": issuer,
        "aud": caller.resource_identifier or caller.id,
        "iat": int(now.timestamp()),
        "token_introspection": dict(answer),
    }
