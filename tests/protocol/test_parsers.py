"""Whatever a stranger sends, each parser answers with a value or with an error of ours."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapura.errors import GapuraError, OAuthError
from gapura.protocol.authorization_parameters import known_client, parse, reply_to
from gapura.protocol.authorization_request import AuthorizationPolicy, AuthorizationRequest
from gapura.protocol.bearer import read_bearer
from gapura.protocol.claims_request import ClaimsRequest, parse_claims
from gapura.protocol.client_assertion import check_assertion, claimed_client_id
from gapura.protocol.client_authentication import read_credentials
from gapura.protocol.discovery import Offer, metadata
from gapura.protocol.grants import GRANTS
from gapura.protocol.id_token_hint import IdTokenHint
from gapura.protocol.introspection import read_token
from gapura.protocol.logout import judge_logout
from gapura.protocol.pkce import matches
from gapura.protocol.redirect import deliver, told
from gapura.protocol.registered_uri import BadUri, check_redirect_uri
from gapura.protocol.registration import RegistrationPolicy, register
from gapura.protocol.registration_fields import FIELDS
from gapura.protocol.requested_claims import ClaimRequest
from gapura.values import SessionId
from tests.protocol.samples import CALLBACK, CHALLENGE, ISSUER, NOW, SCOPES, Form, client_of

TEXT = st.text(max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
POLICY = AuthorizationPolicy(ISSUER, SCOPES)
REGISTRATION = RegistrationPolicy(
    metadata(Offer(ISSUER, SCOPES, (), ("urn:gapura:loa:low",), ("id",))), ("openid",), sandbox=True
)
GOOD: Mapping[str, str | list[str] | None] = {
    "client_id": "pajak",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
NAMES = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "acr_values",
    "claims",
    "login_hint",
    "id_token_hint",
    "ui_locales",
    "claims_locales",
    "display",
    "resource",
]
JWK_MEMBERS = ["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg", "key_ops", "x5c"]


@given(
    st.dictionaries(st.sampled_from(NAMES), TEXT | st.lists(TEXT, min_size=1, max_size=3), max_size=8),
    st.booleans(),
)
def test_any_authorization_request(changes: dict[str, str | list[str]], in_url: bool) -> None:
    params = Form({**GOOD, **changes})
    try:
        client = known_client(client_of() if params.get("client_id") == "pajak" else None)
        to = reply_to(params, client)
        request = parse(params, client, to, POLICY, in_url=in_url)
    except GapuraError:
        return
    assert AuthorizationRequest.from_dict(request.to_dict()) == request
    assert deliver(to, told(to, ISSUER, {"code": "kode"}))


@given(
    st.none() | TEXT,
    st.dictionaries(st.sampled_from(["client_id", "client_secret", "client_assertion"]), TEXT),
)
def test_any_credentials(authorization: str | None, form: dict[str, str]) -> None:
    try:
        assert read_credentials(authorization, Form(form)).methods
    except OAuthError as refused:
        assert refused.code in {"invalid_client", "invalid_request"}


@given(st.binary(max_size=80))
def test_any_basic_credentials(raw: bytes) -> None:
    try:
        assert read_credentials("Basic " + b64encode(raw).decode(), Form({})).client_id
    except OAuthError as refused:
        assert refused.code == "invalid_client"


@given(TEXT)
def test_any_text_is_an_assertion_of_somebody_or_nobody(text: str) -> None:
    assert claimed_client_id(text) is None or text.count(".") == 2


@given(st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]), JSON))
def test_any_claims_of_an_assertion(claims: dict[str, Any]) -> None:
    try:
        check_assertion(
            {"iss": "pajak", "sub": "pajak", "aud": ISSUER, **claims}, client_of(), ISSUER, (), NOW
        )
    except OAuthError as refused:
        assert refused.code == "invalid_client"


@given(JSON | TEXT)
def test_any_claims_parameter(value: object) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        claims = parse_claims(text)
    except OAuthError as refused:
        assert refused.code == "invalid_request"
        return
    assert ClaimsRequest.from_dict(json.loads(json.dumps(claims.to_dict()))) == claims


CLAIMS_REFUSED = [
    pytest.param("[" * 4000, id="deep"),
    pytest.param('{"userinfo":{"a":null,"a":null}}', id="RFC 8259 §4 a name twice"),
    pytest.param('{"userinfo":{"a":{"value":NaN}}}', id="RFC 8259 §6 NaN"),
    pytest.param('{"userinfo":{"a":{"value":1e999}}}', id="a number beyond all"),
    pytest.param('{"userinfo":{"a\\u0000":null}}', id="NUL"),
    pytest.param('{"userinfo":{"a":{"value":"\\ud800"}}}', id="a lone surrogate"),
    pytest.param('{"userinfo":[]}', id="OIDC Core §5.5 no object"),
    pytest.param('{"userinfo":{"a":1}}', id="OIDC Core §5.5.1 neither null nor object"),
    pytest.param('{"userinfo":{"a":{"essential":"yes"}}}', id="OIDC Core §5.5.1 essential"),
    pytest.param('{"userinfo":{"a":{"values":"x"}}}', id="OIDC Core §5.5.1 values"),
    pytest.param(json.dumps({"userinfo": {f"c{n}": None for n in range(65)}}), id="too many claims"),
    pytest.param('"x"', id="no object at all"),
    pytest.param(" " * 5000 + "{}", id="too long"),
]


@pytest.mark.parametrize("text", CLAIMS_REFUSED)
def test_a_claims_parameter_is_refused(text: str) -> None:
    with pytest.raises(OAuthError, match="invalid_request"):
        parse_claims(text)


def test_a_claims_parameter_is_read() -> None:
    claims = parse_claims(
        json.dumps(
            {
                "userinfo": {"name": None, "nik": {"essential": True}, "age": {"values": [1, None, "x"]}},
                "id_token": {
                    "acr": {"essential": True, "values": ["a", "b"]},
                    "sub": {"value": "s"},
                    "x": {"y": 1},
                },
                "vp_token": {},
            }
        )
    )
    assert claims.userinfo["name"] == ClaimRequest()
    assert claims.userinfo["nik"].essential
    assert claims.userinfo["age"].values == (1, "x")
    assert claims.essential_acr == ("a", "b")
    assert claims.voluntary_acr == ()
    assert claims.sub == "s"
    assert claims.id_token["x"] == ClaimRequest()
    assert not parse_claims(None)
    assert parse_claims('{"id_token":{"acr":{"values":["a"]}}}').voluntary_acr == ("a",)


@given(
    st.sampled_from(sorted(GRANTS)), st.dictionaries(st.sampled_from([*NAMES, "code", "refresh_token"]), TEXT)
)
def test_any_token_request(name: str, form: dict[str, str]) -> None:
    try:
        assert GRANTS[name].parse(Form(form))
    except OAuthError as refused:
        assert refused.code == "invalid_request"


@given(st.none() | TEXT, st.dictionaries(st.sampled_from(["access_token", "token", "token_type_hint"]), TEXT))
def test_any_presented_token(authorization: str | None, form: dict[str, str]) -> None:
    try:
        assert read_bearer(authorization, Form(form))
    except OAuthError as refused:
        assert refused.code in {"invalid_request", "invalid_token"}


@given(TEXT, TEXT)
def test_any_token_form(token: str, hint: str) -> None:
    assert (
        (read_token(Form({"token": token, "token_type_hint": hint})).token.reveal() == token)
        if token
        else True
    )


@given(JSON)
def test_any_registration(document: object) -> None:
    with pytest.raises(OAuthError):
        register(document, REGISTRATION)


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), JSON, max_size=3))
def test_any_registered_values(changes: dict[str, Any]) -> None:
    try:
        kept = register({"redirect_uris": [CALLBACK], **changes}, REGISTRATION)
    except OAuthError as refused:
        assert refused.code in {"invalid_client_metadata", "invalid_redirect_uri"}
        return
    assert kept["grant_types"] is not None


@given(st.lists(st.dictionaries(st.sampled_from(JWK_MEMBERS), JSON), max_size=3))
def test_any_jwks(keys: list[dict[str, Any]]) -> None:
    for kty in ("RSA", "EC", "OKP"):
        document = {"redirect_uris": [CALLBACK], "jwks": {"keys": [{**key, "kty": kty} for key in keys]}}
        with pytest.raises(OAuthError):
            register(document, REGISTRATION)


@given(st.text(max_size=80) | st.from_regex(r"https?://[a-z@:\[\]./%\\]*", fullmatch=True))
def test_any_redirect_uri(uri: str) -> None:
    try:
        check_redirect_uri(uri, native=False, sandbox=False)
    except BadUri:
        return
    assert uri.startswith("https://")


@given(
    st.dictionaries(st.sampled_from(["post_logout_redirect_uri", "state", "client_id"]), TEXT), st.booleans()
)
def test_any_logout(params: dict[str, str], hinted: bool) -> None:
    client = client_of() if hinted else None
    hint = IdTokenHint("pajak", "s", "sesi") if hinted else None
    logout = judge_logout(Form(params), hint, client, SessionId(UUID(int=4)))
    assert logout.redirect is None


@given(JSON)
def test_any_hint(value: object) -> None:
    claims = value if isinstance(value, dict) else {"aud": value, "sub": value, "sid": value}
    hint = IdTokenHint.of(claims)
    assert hint is None or isinstance(hint.sub, str)


@given(st.text(max_size=140))
def test_any_verifier(text: str) -> None:
    assert not matches(text, CHALLENGE) or text == "v" * 43
