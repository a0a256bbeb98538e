"""grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer (RFC 7523 §2.1): the word of an issuer, where an agreement takes it.

An operator writes the agreement into the registration: whose word counts for this client, and by which keys. It opens
nothing that the person has not opened: the token belongs to the standing grant by which they let the client act in their
absence (`offline_access`), and ends with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from gapura.errors import OAuthError
from gapura.protocol.assertion_claims import SKEW, check_jti, check_times
from gapura.protocol.client import Client
from gapura.protocol.client_assertion import MOST_ASSERTION
from gapura.protocol.endpoints import url_of
from gapura.protocol.grant import NewAccessToken, Redeemed
from gapura.protocol.parameters import Parameters, required, words
from gapura.protocol.ports import AssertionUse
from gapura.protocol.refusals import invalid_grant
from gapura.protocol.token_endpoint import (
    Portion,
    TokenEndpoint,
    audience_of,
    check_granted,
    check_granted_scope,
    known_portion,
    read_portion,
)
from gapura.values import Instant, Secret

NAME = "urn:ietf:params:oauth:grant-type:jwt-bearer"
MOST_SUB = 256


@dataclass(frozen=True, slots=True)
class AssertionForm:
    assertion: Secret
    scope: tuple[str, ...] | None
    portion: Portion


def parse(form: Parameters) -> AssertionForm:
    return AssertionForm(
        assertion=Secret(required(form, "assertion", MOST_ASSERTION)),
        scope=words(form, "scope") or None,
        portion=read_portion(form),
    )


async def redeem(
    form: AssertionForm, client: Client, endpoint: TokenEndpoint, token: NewAccessToken
) -> Redeemed:
    """Use the assertion up, then look for the grant that it speaks of.

    Raises OAuthError("unauthorized_client") without an agreement, "invalid_grant" for an assertion that will not do,
    "invalid_scope", "invalid_target" and "invalid_authorization_details" for more than was granted.
    """
    if client.jwt_bearer_issuer is None:
        raise OAuthError("unauthorized_client", description="no agreement lets this client use assertions")
    portion, now = known_portion(form.portion, client, endpoint), token.issued_at
    claims = await endpoint.agreed.claims(form.assertion, client, now)
    sub, use = check_agreed(claims, client, endpoint.issuer, now)
    if not await endpoint.assertions.claim_assertion(use):
        raise invalid_grant("the assertion was used before")
    grant = await endpoint.store.find_offline_grant(client.id, client.sector, sub, now)
    if grant is None:
        raise invalid_grant("nobody of this sub lets the client act in their absence (offline_access)")
    check_granted_scope(form.scope, grant)
    check_granted(portion, grant, endpoint)
    scope, audience = form.scope or grant.scope, audience_of(portion.resource or grant.resource, endpoint)
    token = replace(portion.of(token), scope=scope, audience=audience)
    if not await endpoint.store.add_access_token(grant, token, client.id):
        raise invalid_grant("the grant has ended")
    return Redeemed(client.id, grant, token, scope, audience, signed_in=False)


def check_agreed(
    claims: Mapping[str, Any], client: Client, issuer: str, now: Instant
) -> tuple[str, AssertionUse]:
    """Whom a verified assertion speaks of, and what of it is to be claimed once (RFC 7523 §3).

    Raises OAuthError("invalid_grant"); the fault is named, for the signature has proved who speaks.
    """
    if claims.get("iss") != client.jwt_bearer_issuer:
        raise _refused("iss is not that of the agreement")
    aud = claims.get("aud")
    named = aud if isinstance(aud, list) else [aud]
    if issuer not in named and url_of(issuer, "token_endpoint") not in named:
        raise _refused(f"aud must be {issuer}")
    sub = claims.get("sub")
    if not isinstance(sub, str) or not 0 < len(sub) <= MOST_SUB:
        raise _refused("sub is missing or too long")
    expires_at = check_times(claims, now, _refused)
    told = "\x00".join((NAME, str(client.jwt_bearer_issuer), check_jti(claims, _refused)))
    digest = sha256(told.encode("utf-8", "surrogatepass")).digest()
    return sub, AssertionUse(client.id, digest, expires_at + SKEW)


def _refused(reason: str) -> OAuthError:
    return invalid_grant(f"the assertion: {reason}")
