"""The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).

Steps, because an error may be redirected only once the redirect URI is proven: `known_client` and `reply_to` raise
pages, `parse` raises what goes back to the client. Request objects were read before (`protocol/request_object.py`).
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from gapura.errors import OAuthError, PageError
from gapura.protocol.authorization_details import check_types, parse_authorization_details
from gapura.protocol.claims_request import ClaimsRequest, parse_claims
from gapura.protocol.client import Client
from gapura.protocol.grant import OFFLINE_ACCESS, AuthorizationDetails
from gapura.protocol.parameters import Parameters, hints, optional, required, words
from gapura.protocol.pkce import CODE_CHALLENGE_METHODS, is_challenge
from gapura.protocol.redirect import (
    FORM_POST,
    RESPONSE_MODE_NAMES,
    ReplyTo,
    proven_redirect_uri,
    response_mode,
)
from gapura.protocol.response_types import CODE, RESPONSE_TYPES, ResponseType, canonical
from gapura.values import ClientId, Secret

PROMPTS = ("none", "login", "consent", "select_account")

MOST_STATE = MOST_NONCE = 2048
MOST_LOGIN_HINT = 256
MOST_ID_TOKEN_HINT = 8192

_SECONDS = re.compile(r"[0-9]{1,9}")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_SHA256 = re.compile(r"[A-Za-z0-9_-]{43}")
_NIK = re.compile(r"[0-9](?:[ .-]*[0-9]){15}")


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
    authorization_details_types: Container[str] = frozenset()


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
    response_type, state = _response_type(params), params.get("state")
    return ReplyTo(
        redirect_uri,
        # What can't be had is told in the default way
        response_mode(params.get("response_mode"), response_type) or response_type.default_mode,
        state if state is not None and len(state) <= MOST_STATE else None,
    )


def _response_type(params: Parameters) -> ResponseType:
    """The one that is asked for, by which errors go back too; as for `code` where there is none such."""
    return RESPONSE_TYPES.get(canonical(params.get("response_type") or ""), CODE)


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
        scope=_known_scope(params, client, policy),
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
        authorization_details=parse_authorization_details(params.get("authorization_details")),
        dpop_jkt=optional(params, "dpop_jkt"),
    )
    for check in CHECKS:
        check(request, client, policy)
    return request


def _known_scope(params: Parameters, client: Client, policy: AuthorizationPolicy) -> tuple[str, ...]:
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


# --- rules, in the order in which they are asked ---


def _no_registration(params: Parameters) -> None:
    """OpenID Connect Core §3.1.2.6: whoever sends one must learn that it was not read."""
    if params.get("registration"):
        raise OAuthError("registration_not_supported", description="registration is not supported")


def _known_response_mode(params: Parameters) -> None:
    asked, response_type = params.get("response_mode"), _response_type(params)
    if asked and asked not in RESPONSE_MODE_NAMES:
        raise OAuthError(
            "invalid_request", description=f"response_mode is none of {', '.join(RESPONSE_MODE_NAMES)}"
        )
    if response_mode(asked, response_type) is None:
        raise OAuthError(
            "invalid_request", description=f"response_mode {asked} cannot carry {response_type.name}"
        )


def _short_state(params: Parameters) -> None:
    optional(params, "state", MOST_STATE)


def _challenge_by_s256(params: Parameters) -> None:
    """RFC 7636 §4.3: a challenge without a method would be `plain`."""
    challenge, method = params.get("code_challenge"), params.get("code_challenge_method")
    if challenge and method not in CODE_CHALLENGE_METHODS:
        raise OAuthError("invalid_request", description="code_challenge_method must be S256")
    if method and not challenge:
        raise OAuthError("invalid_request", description="code_challenge is missing")


FORM_CHECKS = (_no_registration, _known_response_mode, _short_state, _challenge_by_s256)


def _supported_response_type(
    request: AuthorizationRequest, client: Client, policy: AuthorizationPolicy
) -> None:
    name = request.response_type
    if name not in policy.response_types:
        raise OAuthError(
            "unsupported_response_type",
            description=f"response_type is none of {', '.join(policy.response_types)}",
        )
    wanted = RESPONSE_TYPES[name].grant_types
    if name not in client.response_types or not set(wanted).issubset(client.grant_types):
        raise OAuthError(
            "unauthorized_client", description=f"the client is not registered for response_type {name}"
        )


def _nonce_for_tokens_in_front(request: AuthorizationRequest, _: Client, __: AuthorizationPolicy) -> None:
    """OpenID Connect Core §3.2.2.1, §3.3.2.11: nothing else would tie the ID token to this browser."""
    if RESPONSE_TYPES[request.response_type].id_token and request.nonce is None:
        raise OAuthError("invalid_request", description="nonce is missing, which id_token needs")


def _openid_for_id_tokens(request: AuthorizationRequest, _: Client, __: AuthorizationPolicy) -> None:
    if RESPONSE_TYPES[request.response_type].id_token and not request.is_openid:
        raise OAuthError("invalid_scope", description="an id_token needs the scope openid")


def _form_can_be_posted(request: AuthorizationRequest, _: Client, __: AuthorizationPolicy) -> None:
    to = request.reply_to
    if to.response_mode.startswith(FORM_POST) and not to.redirect_uri.startswith(("https://", "http://")):
        raise OAuthError("invalid_request", description="response_mode form_post needs an https redirect_uri")


def _something_asked(request: AuthorizationRequest, _: Client, __: AuthorizationPolicy) -> None:
    if not request.scope:
        raise OAuthError(
            "invalid_scope", description="scope names nothing that this client may have, as openid"
        )


def _challenge_present(request: AuthorizationRequest, client: Client, policy: AuthorizationPolicy) -> None:
    """RFC 9700 §2.1.1; a confidential client of the profile `oidc` may do without, where the setting says so."""
    may_do_without = (
        policy.pkce_required == "public" and not client.profile.pkce_always and not client.is_public
    )
    if request.code_challenge is None and RESPONSE_TYPES[request.response_type].code and not may_do_without:
        raise OAuthError("invalid_request", description="code_challenge is missing (PKCE with S256)")


def _challenge_well_formed(request: AuthorizationRequest, _: Client, __: AuthorizationPolicy) -> None:
    if request.code_challenge is not None and not is_challenge(request.code_challenge):
        raise OAuthError("invalid_request", description="code_challenge is not 43 characters of base64url")


def _sane_prompt(request: AuthorizationRequest, _: Client, __: AuthorizationPolicy) -> None:
    if not set(request.prompt).issubset(PROMPTS):
        raise OAuthError("invalid_request", description=f"prompt is none of {', '.join(PROMPTS)}")
    if "none" in request.prompt and len(request.prompt) > 1:
        raise OAuthError("invalid_request", description="prompt none stands alone")


def _known_resources(request: AuthorizationRequest, _: Client, policy: AuthorizationPolicy) -> None:
    """RFC 8707 §2: a token is never addressed to somebody who is not known here."""
    if any(resource not in policy.resources and resource != policy.issuer for resource in request.resource):
        raise OAuthError("invalid_target", description="resource is not known here")


def _known_details(request: AuthorizationRequest, client: Client, policy: AuthorizationPolicy) -> None:
    check_types(request.authorization_details, client, policy.authorization_details_types)


def _thumbprint(request: AuthorizationRequest, _: Client, __: AuthorizationPolicy) -> None:
    """RFC 9449 §10: the SHA-256 thumbprint of the key that the code shall be bound to."""
    if request.dpop_jkt is not None and not _SHA256.fullmatch(request.dpop_jkt):
        raise OAuthError("invalid_request", description="dpop_jkt is not 43 characters of base64url")


CHECKS = (
    _supported_response_type,
    _nonce_for_tokens_in_front,
    _openid_for_id_tokens,
    _form_can_be_posted,
    _something_asked,
    _challenge_present,
    _challenge_well_formed,
    _sane_prompt,
    _known_resources,
    _known_details,
    _thumbprint,
)
