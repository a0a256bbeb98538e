"""The rules that every authorization request keeps, in the order in which they are asked."""

from __future__ import annotations

import re

from gapura.errors import OAuthError
from gapura.protocol.authorization_details import check_justified
from gapura.protocol.authorization_request import (
    MOST_STATE,
    PROMPTS,
    AuthorizationPolicy,
    AuthorizationRequest,
)
from gapura.protocol.client import Client
from gapura.protocol.parameters import Parameters, optional
from gapura.protocol.pkce import CODE_CHALLENGE_METHODS, is_challenge
from gapura.protocol.redirect import FORM_POST, RESPONSE_MODE_NAMES, response_mode
from gapura.protocol.response_types import CODE, RESPONSE_TYPES, ResponseType, canonical

_SHA256 = re.compile(r"[A-Za-z0-9_-]{43}")


def response_type_of(params: Parameters) -> ResponseType:
    """The one that is asked for, by which errors go back too; as for `code` where there is none such."""
    return RESPONSE_TYPES.get(canonical(params.get("response_type") or ""), CODE)


def _no_registration(params: Parameters) -> None:
    """OpenID Connect Core §3.1.2.6: whoever sends one must learn that it was not read."""
    if params.get("registration"):
        raise OAuthError("registration_not_supported", description="registration is not supported")


def _known_response_mode(params: Parameters) -> None:
    asked, response_type = params.get("response_mode"), response_type_of(params)
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
    if not request.scope and not request.authorization_details:
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


def _data_for_a_purpose(request: AuthorizationRequest, client: Client, policy: AuthorizationPolicy) -> None:
    check_justified(request.authorization_details, client, policy.details)


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
    _data_for_a_purpose,
    _thumbprint,
)
DECOUPLED_CHECKS = (_something_asked, _known_resources, _data_for_a_purpose)
"""What is left of them where nothing is redirected."""
