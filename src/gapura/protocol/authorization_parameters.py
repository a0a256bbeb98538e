"""Reading an authorization request from its parameters, wherever these came from.

Steps, because an error may be redirected only once the redirect URI is proven: `known_client` and `reply_to` raise
pages, `parse` raises what goes back to the client. Request objects were opened before (`flow/authorization_requests.py`).
"""

from __future__ import annotations

import re

from gapura.errors import OAuthError, PageError
from gapura.protocol.authorization_checks import CHECKS, FORM_CHECKS, response_type_of
from gapura.protocol.authorization_details import known_details, parse_authorization_details
from gapura.protocol.authorization_request import (
    MOST_ID_TOKEN_HINT,
    MOST_NONCE,
    MOST_STATE,
    AuthorizationPolicy,
    AuthorizationRequest,
)
from gapura.protocol.claims_request import parse_claims
from gapura.protocol.client import Client
from gapura.protocol.grant import OFFLINE_ACCESS
from gapura.protocol.parameters import Parameters, hints, optional, required, words
from gapura.protocol.redirect import ReplyTo, proven_redirect_uri, response_mode
from gapura.protocol.response_types import canonical
from gapura.values import Secret

MOST_LOGIN_HINT = 256

_SECONDS = re.compile(r"[0-9]{1,9}")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_NIK = re.compile(r"[0-9](?:[ .-]*[0-9]){15}")


def known_client(client: Client | None) -> Client:
    """Raises PageError("unknown_client") where there is none, or one that may not act."""
    if client is None or not client.is_active:
        raise PageError(
            "unknown_client", detail="no such client" if client is None else f"client is {client.status}"
        )
    return client


def reply_to(params: Parameters, client: Client) -> ReplyTo:
    """Where to answer the client. Raises PageError("bad_redirect_uri")."""
    redirect_uri = proven_redirect_uri(client, params.get("redirect_uri") or None)
    response_type, state = response_type_of(params), params.get("state")
    return ReplyTo(
        redirect_uri,
        # What can't be had is told in the default way
        response_mode(params.get("response_mode"), response_type) or response_type.default_mode,
        state if state is not None and len(state) <= MOST_STATE else None,
    )


def parse(
    params: Parameters, client: Client, to: ReplyTo, policy: AuthorizationPolicy, *, in_url: bool
) -> AuthorizationRequest:
    """Read and judge a request whose redirect URI is proven; `in_url` says that it came as a GET.

    Raises OAuthError, to be sent to `to`. Parameters that are unknown, and hints that make no sense, are ignored.
    """
    for rule in FORM_CHECKS:
        rule(params)
    request = AuthorizationRequest(
        client_id=client.id,
        reply_to=to,
        redirect_uri_sent=bool(params.get("redirect_uri")),
        response_type=canonical(required(params, "response_type")),
        scope=known_scope(params, client, policy),
        nonce=optional(params, "nonce", MOST_NONCE),
        code_challenge=optional(params, "code_challenge"),
        prompt=words(params, "prompt"),
        max_age=_max_age(params),
        acr_values=hints(params, "acr_values"),
        claims=parse_claims(params.get("claims")),
        login_hint=_login_hint(params, in_url=in_url),
        id_token_hint=_id_token_hint(params),
        ui_locales=_locales(params, "ui_locales"),
        claims_locales=_locales(params, "claims_locales"),
        display=next(iter(hints(params, "display")), None),
        resource=tuple(dict.fromkeys(params.many("resource"))),
        authorization_details=known_details(
            parse_authorization_details(params.get("authorization_details")), client, policy.details
        ),
        dpop_jkt=optional(params, "dpop_jkt"),
    )
    for check in CHECKS:
        check(request, client, policy)
    return request


def known_scope(params: Parameters, client: Client, policy: AuthorizationPolicy) -> tuple[str, ...]:
    """Scopes that do not exist, or are not this client's, are left out (OpenID Connect Core §3.1.2.1)."""
    known = client.scopes.intersection(policy.scopes)
    if "refresh_token" not in client.grant_types:
        known -= {OFFLINE_ACCESS}
    return tuple(scope for scope in words(params, "scope") if scope in known)


def _max_age(params: Parameters) -> int | None:
    text = optional(params, "max_age")
    if text is None:
        return None
    if not _SECONDS.fullmatch(text):
        raise OAuthError("invalid_request", description="max_age is no number of seconds")
    return int(text)


def _login_hint(params: Parameters, *, in_url: bool) -> Secret | None:
    """A hint never fails a request; one that looks like a NIK is taken only where no URL holds it (decision 28)."""
    hint = params.get("login_hint") or ""
    if not hint or len(hint) > MOST_LOGIN_HINT or (in_url and _NIK.fullmatch(hint.strip())):
        return None
    return Secret(hint)


def _id_token_hint(params: Parameters) -> Secret | None:
    hint = optional(params, "id_token_hint", MOST_ID_TOKEN_HINT)
    return Secret(hint) if hint is not None else None


def _locales(params: Parameters, name: str) -> tuple[str, ...]:
    return tuple(tag for tag in hints(params, name) if _LANGUAGE_TAG.fullmatch(tag))
