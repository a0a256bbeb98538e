"""The backchannel authentication request: read and judged (CIBA §7, FAPI CIBA §5.2.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from gapura.errors import OAuthError
from gapura.protocol.algorithms import algs_for
from gapura.protocol.authorization_request import AuthorizationPolicy, AuthorizationRequest
from gapura.protocol.client import Client
from gapura.protocol.decoupled_request import read_decoupled
from gapura.protocol.parameters import Parameters, optional, required
from gapura.protocol.profiles import CIBA
from gapura.protocol.request_object import ObjectRules
from gapura.values import Secret

# Not push: tokens would go to whoever answers at an address (FAPI CIBA §5.2.2).
POLL, PING = "poll", "ping"
DELIVERY_MODES = (POLL, PING)

LOGIN_HINT, ID_TOKEN_HINT, LOGIN_HINT_TOKEN = "login_hint", "id_token_hint", "login_hint_token"
HINTS: Mapping[str, int] = {LOGIN_HINT: 256, ID_TOKEN_HINT: 8192, LOGIN_HINT_TOKEN: 8192}  # at most so long

LIFETIME, LONGEST = timedelta(minutes=10), timedelta(hours=1)
MOST_BINDING_MESSAGE = 64
MOST_NOTIFICATION_TOKEN = 1024  # §7.1
OBJECT_LIFETIME = timedelta(minutes=60)  # what FAPI CIBA asks for; nobody signs what they send later
OBJECT_CLAIMS = ("aud", "iss", "exp", "iat", "nbf", "jti")  # §7.1.1

PARAMETERS = frozenset(HINTS) | {
    *("scope", "acr_values", "binding_message", "user_code", "requested_expiry", "client_notification_token"),
    *("claims", "resource", "authorization_details"),
}

_PLAIN = re.compile(r"[ -~]*[!-~][ -~]*")
_SECONDS = re.compile(r"[0-9]{1,9}")
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 §2.1


@dataclass(frozen=True, slots=True)
class Hint:
    """Who is meant, in one of the ways of `HINTS`."""

    kind: str
    value: Secret


@dataclass(frozen=True, slots=True)
class BackchannelRequest:
    """`request` is what the person will be asked, `lifetime` how long they have.

    `notification_token` is what a client that is pinged shall find in the ping, None for one that polls.
    """

    request: AuthorizationRequest
    hint: Hint
    lifetime: timedelta
    binding_message: str | None
    notification_token: Secret | None = field(default=None, repr=False)


def must_sign(client: Client) -> bool:
    """§4: who registers an algorithm sends nothing unsigned."""
    return client.profile.signed_requests or client.backchannel_authentication_request_signing_alg is not None


def object_rules(client: Client) -> ObjectRules:
    registered = client.backchannel_authentication_request_signing_alg
    algs = algs_for(client.profile) if registered is None else (registered,)
    return ObjectRules(algs, OBJECT_CLAIMS, client.profile.request_object_lifetime or OBJECT_LIFETIME)


def check_beside(form: Parameters) -> None:
    """§7.1.1: beside a signed request nothing counts, and who sends it there should know.

    Raises OAuthError("invalid_request").
    """
    for name in sorted(PARAMETERS):
        if form.get(name):
            raise OAuthError("invalid_request", description=f"{name} must stand in the signed request alone")


def parse(params: Parameters, client: Client, policy: AuthorizationPolicy) -> BackchannelRequest:
    """Raises OAuthError with a code of §13, "invalid_target" (RFC 8707 §2) or "invalid_authorization_details" (RFC 9396 §5)."""
    required(params, "scope")
    request = read_decoupled(params, client, CIBA, policy)
    if not request.is_openid:
        raise OAuthError("invalid_scope", description="scope must hold openid")
    return BackchannelRequest(
        request,
        _hint(params),
        _lifetime(params),
        _binding_message(params, client),
        _notification_token(params) if client.backchannel_token_delivery_mode == PING else None,
    )


def _hint(params: Parameters) -> Hint:
    """§7.1: exactly one, or it is open whom the client means."""
    sent = [(kind, value) for kind, most in HINTS.items() if (value := optional(params, kind, most))]
    if len(sent) != 1:
        raise OAuthError("invalid_request", description=f"exactly one of {', '.join(HINTS)} must be sent")
    [(kind, value)] = sent
    return Hint(kind, Secret(value))


def _lifetime(params: Parameters) -> timedelta:
    """§7.1: a positive integer, which a request object may hold as number or as text; more than we give is cut."""
    text = optional(params, "requested_expiry")
    if text is None:
        return LIFETIME
    if not _SECONDS.fullmatch(text) or not int(text):
        raise OAuthError("invalid_request", description="requested_expiry is no positive number of seconds")
    return min(timedelta(seconds=int(text)), LONGEST)


def _binding_message(params: Parameters, client: Client) -> str | None:
    """§7.1: short and plain, for it is compared by eye; other scripts have letters that only look the same."""
    text = params.get("binding_message") or None
    if text is None:
        if client.profile.binding_messages:
            raise OAuthError("invalid_request", description="binding_message is missing")
        return None
    if len(text) > MOST_BINDING_MESSAGE or not _PLAIN.fullmatch(text):
        raise OAuthError(
            "invalid_binding_message",
            description=f"binding_message must be at most {MOST_BINDING_MESSAGE} characters of plain ASCII",
        )
    return text.strip()


def _notification_token(params: Parameters) -> Secret:
    text = required(params, "client_notification_token", MOST_NOTIFICATION_TOKEN)
    if not _BEARER.fullmatch(text):
        raise OAuthError("invalid_request", description="client_notification_token is no bearer token")
    return Secret(text)


def answer(auth_req_id: Secret, lifetime: timedelta, interval: int) -> dict[str, Any]:
    """§7.3."""
    return {
        "auth_req_id": auth_req_id.reveal(),
        "expires_in": int(lifetime.total_seconds()),
        "interval": interval,
    }
