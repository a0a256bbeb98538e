"""Whatever JSON a request object holds, it is read as a request or refused by an error of the standards."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from gapura.errors import OAuthError, PageError
from gapura.protocol.authorization_parameters import parse, reply_to
from gapura.protocol.authorization_request import AuthorizationPolicy, AuthorizationRequest
from gapura.protocol.profiles import PROFILES
from gapura.protocol.request_object import ObjectParameters, ObjectRules, check_object
from tests.protocol.samples import CALLBACK, CHALLENGE, ISSUER, NOW, SCOPES, client_of

POLICY = AuthorizationPolicy(ISSUER, SCOPES)
GOOD = {
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
NAMES = (
    *GOOD,
    *("state", "nonce", "prompt", "max_age", "acr_values", "claims", "login_hint", "id_token_hint"),
    *("ui_locales", "display", "resource", "authorization_details", "dpop_jkt", "response_mode"),
    *("iss", "aud", "sub", "exp", "nbf", "iat", "client_id", "request", "request_uri", "registration"),
)
TEXTS = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
# As the strict loader lets through
VALUES = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(some.dictionaries(some.sampled_from(NAMES), VALUES, max_size=6))
def test_any_claims_are_read_or_refused(changes: dict[str, Any]) -> None:
    params = ObjectParameters({**GOOD, **changes})
    try:
        request = parse(params, client_of(), reply_to(params, client_of()), POLICY, in_url=False)
    except OAuthError as refused:
        assert refused.status == 400
        assert refused.description
    except PageError as refused:
        assert refused.code == "bad_redirect_uri"
    else:
        assert AuthorizationRequest.from_dict(request.to_dict()) == request


@given(
    some.dictionaries(some.sampled_from(NAMES), VALUES, max_size=6),
    VALUES,
    some.sampled_from(sorted(PROFILES)),
)
def test_any_claims_are_judged(claims: dict[str, Any], typ: object, profile: str) -> None:
    client = client_of(profile=PROFILES[profile])
    try:
        check_object(claims, typ, client, ISSUER, ObjectRules.of(client), NOW)
    except OAuthError as refused:
        assert refused.code == "invalid_request_object"
    else:
        assert claims.get("iss", client.id) == client.id
        assert all(claims.get(name) is not None for name in client.profile.request_object_claims)
        assert claims.get("exp") is None or claims["exp"] > NOW.timestamp() - 30
