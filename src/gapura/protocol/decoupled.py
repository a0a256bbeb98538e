"""Requests that are approved elsewhere: a client asks and polls, a person answers in a browser of their own.

A `device_code` (RFC 8628) and an `auth_req_id` (OpenID Connect CIBA) are codes like any other once the answer is yes:
one statement claims them. Until then, and after a no, the request says what a poll gets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.grant import NewAccessToken, Redeemed
from gapura.protocol.ports import CodeClaim, Polled
from gapura.protocol.refusals import invalid_grant
from gapura.protocol.token_endpoint import (
    Portion,
    TokenEndpoint,
    audience_of,
    check_granted,
    known_portion,
    refresh_binding,
)
from gapura.values import Instant, Secret, opaque_digest

PENDING, APPROVED, DENIED = "pending", "approved", "denied"
INTERVAL = 5  # seconds; RFC 8628 §3.2: what a client takes that was told nothing
SLOWER = 5  # seconds that each hasty poll adds for good (RFC 8628 §3.5)
HASTE = timedelta(seconds=1)  # a poll that the network brought a little early is not hasty


@dataclass(frozen=True, slots=True)
class PollForm:
    """What a client polls with."""

    code: Secret
    portion: Portion


async def redeem_approved(
    form: PollForm, grant_type: str, client: Client, endpoint: TokenEndpoint, token: NewAccessToken
) -> Redeemed:
    """Poll; where the answer was yes, claim the code.

    Raises OAuthError with a code of RFC 8628 §3.5: "authorization_pending", "slow_down", "access_denied",
    "expired_token", and "invalid_grant" for what is unknown, used or another client's; "invalid_target" and
    "invalid_authorization_details" for more than was granted.
    """
    portion = known_portion(form.portion, client, endpoint)
    now, digest = token.issued_at, opaque_digest(form.code.reveal())
    polled = await endpoint.decoupled.poll(digest, client.id, grant_type, now)
    if polled is None or polled.state != APPROVED:
        refuse(polled, now)
    token = portion.of(token)
    refresh_until = now + endpoint.refresh_idle if "refresh_token" in client.grant_types else None
    grant = await endpoint.store.claim_code(
        CodeClaim(digest, client.id, now, token, refresh_until, grant_type, refresh_binding(client, token))
    )
    if grant is None:
        # Polls overlap by nature, so one that comes after the answer proves no theft and ends nothing.
        raise invalid_grant("the code was used before, or what it was for has ended")
    try:
        check_granted(portion, grant, endpoint)
    except OAuthError:
        await endpoint.store.revoke_grant(grant.id, now, "code_misused")
        raise
    audience = audience_of(portion.resource or grant.resource, endpoint)
    return Redeemed(client.id, grant, token, grant.scope, audience, grant.refresh_generation)


def refuse(polled: Polled | None, now: Instant) -> NoReturn:
    """What a poll gets that came too early, too late, or for a no."""
    for rule in REFUSALS:
        error = rule(polled, now)
        if error is not None:
            raise error
    raise OAuthError("authorization_pending", description="the person has not answered yet")


def _unknown(polled: Polled | None, _: Instant) -> OAuthError | None:
    return invalid_grant("the code is unknown or another client's") if polled is None else None


def _expired(polled: Polled | None, now: Instant) -> OAuthError | None:
    if polled is None or now < polled.expires_at:
        return None
    return OAuthError("expired_token", description="nobody answered in time; begin anew")


def _denied(polled: Polled | None, _: Instant) -> OAuthError | None:
    if polled is None or polled.state != DENIED:
        return None
    return OAuthError("access_denied", description="the person refused")


def _hasty(polled: Polled | None, _: Instant) -> OAuthError | None:
    if polled is None or not polled.hasty:
        return None
    return OAuthError("slow_down", description=f"poll every {polled.interval} seconds from now on")


REFUSALS: tuple[Callable[[Polled | None, Instant], OAuthError | None], ...] = (
    _unknown,
    _expired,
    _denied,
    _hasty,
)
