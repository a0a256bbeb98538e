from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from gapura.errors import OAuthError, PageError
from gapura.protocol.authorization_parameters import known_client, parse, reply_to
from gapura.protocol.authorization_request import AuthorizationPolicy, AuthorizationRequest
from gapura.protocol.client import Client
from gapura.protocol.profiles import PROFILES
from gapura.protocol.response_types import offered
from tests.protocol.samples import CALLBACK, CHALLENGE, ISSUER, SCOPES, Form, client_of

POLICY = AuthorizationPolicy(ISSUER, SCOPES, resources=frozenset({"https://api.example"}))
FREE_POLICY = AuthorizationPolicy(ISSUER, SCOPES, pkce_required="public")

GOOD: Mapping[str, str | list[str] | None] = {
    "client_id": "pajak",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid profile",
    "state": "st",
    "nonce": "no",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


Changes = Mapping[str, str | list[str] | None]


def ask(
    changes: Changes | None = None,
    *,
    client: Client | None = None,
    policy: AuthorizationPolicy = POLICY,
    in_url: bool = True,
) -> AuthorizationRequest:
    client = client or client_of()
    params = Form({**GOOD, **(changes or {})})
    named = known_client(client if params.get("client_id") == client.id else None)
    return parse(params, named, reply_to(params, named), policy, in_url=in_url)


def test_a_good_request_is_read_whole() -> None:
    request = ask(
        {"acr_values": "urn:gapura:loa:high urn:gapura:loa:low", "ui_locales": "en id", "max_age": "3600"}
    )
    assert request.reply_to.redirect_uri == CALLBACK
    assert request.reply_to.state == "st"
    assert request.scope == ("openid", "profile")
    assert request.nonce == "no"
    assert request.acr_values == ("urn:gapura:loa:high", "urn:gapura:loa:low")
    assert request.ui_locales == ("en", "id")
    assert request.max_age == 3600
    assert request.is_openid


BAD_BEFORE_THE_REDIRECT_URI = [
    pytest.param({"client_id": "siapa"}, "unknown_client", id="RFC 6749 §4.1.2.1 unknown client"),
    pytest.param({"client_id": None}, "unknown_client", id="RFC 6749 §4.1.2.1 no client_id"),
    pytest.param({"redirect_uri": CALLBACK + "/"}, "bad_redirect_uri", id="RFC 9700 §2.1 exact match"),
    pytest.param({"redirect_uri": CALLBACK + "?a=b"}, "bad_redirect_uri", id="RFC 9700 §2.1 query added"),
    pytest.param(
        {"redirect_uri": "https://PAJAK.example/callback"}, "bad_redirect_uri", id="RFC 9700 §2.1 case"
    ),
    pytest.param({"redirect_uri": "javascript:alert(1)"}, "bad_redirect_uri", id="RFC 9700 §2.1 script"),
]


@pytest.mark.parametrize(("changes", "code"), BAD_BEFORE_THE_REDIRECT_URI)
def test_an_unproven_redirect_uri_gets_a_page(changes: Changes, code: str) -> None:
    with pytest.raises(PageError) as refused:
        ask(changes)
    assert refused.value.code == code


def test_a_disabled_client_is_as_unknown_as_any() -> None:
    with pytest.raises(PageError, match="unknown_client"):
        ask(client=client_of(status="disabled"))


def test_none_sent_is_the_only_one_registered() -> None:
    request = ask({"redirect_uri": None})
    assert request.reply_to.redirect_uri == CALLBACK
    assert not request.redirect_uri_sent


def test_none_sent_of_two_registered_is_a_page() -> None:
    with pytest.raises(PageError, match="bad_redirect_uri"):
        ask({"redirect_uri": None}, client=client_of(redirect_uris=(CALLBACK, "https://pajak.example/2")))


REFUSED = [
    pytest.param({"response_type": None}, "invalid_request", id="RFC 6749 §3.1.1 missing response_type"),
    pytest.param({"response_type": "token"}, "unsupported_response_type", id="RFC 9700 §2.1.2 implicit"),
    pytest.param({"response_type": "code id_token"}, "unsupported_response_type", id="OIDC Core §3.3 hybrid"),
    pytest.param({"response_mode": "web_message"}, "invalid_request", id="OAuth RT §2.1 response_mode"),
    pytest.param({"scope": None}, "invalid_scope", id="RFC 6749 §3.3 no scope"),
    pytest.param({"scope": "wajah sidik_jari"}, "invalid_scope", id="RFC 6749 §3.3 nothing known"),
    pytest.param(
        {"code_challenge": None, "code_challenge_method": None}, "invalid_request", id="RFC 9700 §2.1.1"
    ),
    pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="RFC 9700 §2.1.1 plain"),
    pytest.param({"code_challenge_method": None}, "invalid_request", id="RFC 7636 §4.3 plain by default"),
    pytest.param({"code_challenge": None}, "invalid_request", id="RFC 7636 §4.3 method without challenge"),
    pytest.param({"code_challenge": "kurang"}, "invalid_request", id="RFC 7636 §4.2 challenge too short"),
    pytest.param({"prompt": "none login"}, "invalid_request", id="OIDC Core §3.1.2.1 none with others"),
    pytest.param({"prompt": "sing"}, "invalid_request", id="OIDC Core §3.1.2.1 unknown prompt"),
    pytest.param({"max_age": "-1"}, "invalid_request", id="OIDC Core §3.1.2.1 max_age negative"),
    pytest.param({"max_age": "satu"}, "invalid_request", id="OIDC Core §3.1.2.1 max_age no number"),
    pytest.param({"max_age": "\u0661"}, "invalid_request", id="OIDC Core §3.1.2.1 max_age other digits"),
    pytest.param({"claims": "{"}, "invalid_request", id="OIDC Core §5.5 claims no JSON"),
    pytest.param({"registration": "{}"}, "registration_not_supported", id="OIDC Core §3.1.2.6 registration"),
    pytest.param({"resource": ["https://evil.example"]}, "invalid_target", id="RFC 8707 §2 unknown resource"),
    pytest.param({"state": "s" * 3000}, "invalid_request", id="RFC 6749 §4.1.1 state too long"),
    pytest.param({"nonce": "n" * 3000}, "invalid_request", id="OIDC Core §15.5.2 nonce too long"),
]


@pytest.mark.parametrize(("changes", "code"), REFUSED)
def test_a_bad_request_is_refused(changes: Changes, code: str) -> None:
    with pytest.raises(OAuthError) as refused:
        ask(changes)
    assert refused.value.code == code
    assert refused.value.description


NEVER_REFUSED = [
    pytest.param({"tidak_dikenal": "x"}, id="RFC 6749 §3.1 unknown parameter"),
    pytest.param({"display": "popup"}, id="OIDC Core §3.1.2.1 display"),
    pytest.param({"ui_locales": "xx-Latn-!! 123"}, id="OIDC Core §3.1.2.1 ui_locales"),
    pytest.param({"claims_locales": "se"}, id="OIDC Core §5.2 claims_locales"),
    pytest.param({"acr_values": "1 2"}, id="OIDC Core §3.1.2.1 acr_values"),
    pytest.param({"acr_values": "x" * 9000}, id="OIDC Core §3.1.2.1 acr_values too long"),
    pytest.param({"login_hint": "buffy@example.com"}, id="OIDC Core §3.1.2.1 login_hint"),
    pytest.param({"login_hint": "x" * 9000}, id="OIDC Core §3.1.2.1 login_hint too long"),
    pytest.param({"nonce": None}, id="OIDC Core §3.1.2.1 no nonce with code"),
    pytest.param({"nonce": "n" * 384}, id="a nonce of 384 characters"),
    pytest.param({"state": None}, id="RFC 6749 §4.1.1 no state"),
    pytest.param({"scope": "openid wajah"}, id="OIDC Core §3.1.2.1 unknown scope ignored"),
    pytest.param({"scope": "profile"}, id="RFC 6749 §3.3 plain OAuth"),
    pytest.param({"request": "", "prompt": ""}, id="RFC 6749 §3.1 empty is left out"),
    pytest.param({"resource": ["https://api.example", ISSUER]}, id="RFC 8707 §2 known resources"),
    pytest.param({"response_mode": "form_post"}, id="OAuth FP §2"),
]


@pytest.mark.parametrize("changes", NEVER_REFUSED)
def test_what_never_fails_a_request(changes: Changes) -> None:
    assert ask(changes).response_type == "code"


def test_zero_is_a_max_age() -> None:
    assert ask({"max_age": "0"}).max_age == 0
    assert ask({"max_age": None}).max_age is None


@pytest.mark.parametrize("hint", ["3171011785900001", "31 7101 178590 0001", "3171.0117.8590.0001"])
def test_a_nik_in_a_url_is_not_taken(hint: str) -> None:
    assert ask({"login_hint": hint}).login_hint is None
    posted = ask({"login_hint": hint}, in_url=False).login_hint
    assert posted is not None
    assert posted.reveal() == hint
    assert hint not in repr(posted)


def test_scopes_of_others_are_left_out() -> None:
    request = ask(
        {"scope": "openid profile email openid"}, client=client_of(scopes=frozenset({"openid", "email"}))
    )
    assert request.scope == ("openid", "email")


def test_offline_access_needs_the_refresh_grant() -> None:
    client = client_of(grant_types=frozenset({"authorization_code"}))
    assert ask({"scope": "openid offline_access"}, client=client).scope == ("openid",)


def test_a_client_without_the_code_grant_is_unauthorized() -> None:
    with pytest.raises(OAuthError, match="unauthorized_client"):
        ask(client=client_of(grant_types=frozenset({"client_credentials"})))
    with pytest.raises(OAuthError, match="unauthorized_client"):
        ask(client=client_of(response_types=frozenset()))


WITHOUT_PKCE: Changes = {"code_challenge": None, "code_challenge_method": None}


def test_the_setting_frees_confidential_clients_of_pkce_and_no_others() -> None:
    assert ask(WITHOUT_PKCE, policy=FREE_POLICY).code_challenge is None
    for client in (client_of(token_endpoint_auth_method="none"), client_of(profile=PROFILES["fapi2"])):
        with pytest.raises(OAuthError, match="invalid_request"):
            ask(WITHOUT_PKCE, client=client, policy=FREE_POLICY)


def test_what_is_sent_is_checked_even_where_it_is_not_required() -> None:
    with pytest.raises(OAuthError, match="invalid_request"):
        ask({"code_challenge_method": "plain"}, policy=FREE_POLICY)


def test_form_post_needs_a_web_address() -> None:
    client = client_of(redirect_uris=("id.go.pajak:/cb",))
    with pytest.raises(OAuthError, match="invalid_request"):
        ask({"redirect_uri": "id.go.pajak:/cb", "response_mode": "form_post"}, client=client)


def test_a_request_comes_back_from_the_store_as_it_was() -> None:
    given: Changes = {
        "prompt": "login consent",
        "max_age": "0",
        "login_hint": "3171011785900001",
        "id_token_hint": "a.b.c",
        "claims": '{"id_token":{"acr":{"essential":true,"values":["urn:gapura:loa:high"]},"auth_time":null}}',
        "resource": [ISSUER],
        "ui_locales": "en-GB",
        "response_mode": "form_post",
        "display": "touch",
    }
    request = ask(given, in_url=False)
    stored = json.loads(json.dumps(request.to_dict()))
    assert AuthorizationRequest.from_dict(stored) == request


def test_nothing_personal_prints() -> None:
    given: Changes = {
        "login_hint": "3171011785900001",
        "id_token_hint": "rahasia",
        "state": "st-1",
        "nonce": "no-1",
    }
    request = ask(given, in_url=False)
    for text in ("3171011785900001", "rahasia", "st-1", "no-1"):
        assert text not in repr(request)


SANDBOX = replace(POLICY, response_types=offered(sandbox=True))
BY_BROWSER = client_of(
    grant_types=("authorization_code", "implicit"), response_types=tuple(offered(sandbox=True))
)


@pytest.mark.parametrize(
    "asked", ["code id_token", "id_token code", "token code", "id_token", "token id_token"]
)
def test_the_order_of_the_words_of_a_response_type_means_nothing(asked: str) -> None:
    request = ask({"response_type": asked, "nonce": "n"}, client=BY_BROWSER, policy=SANDBOX)
    assert set(request.response_type.split()) == set(asked.split())
    assert request.reply_to.response_mode == "fragment"


IN_FRONT = [
    pytest.param({"response_type": "token"}, "unsupported_response_type", id="RFC 9700 §2.1.2 token alone"),
    pytest.param(
        {"response_type": "id_token", "nonce": None}, "invalid_request", id="OIDC Core §3.2.2.1 nonce"
    ),
    pytest.param(
        {"response_type": "code id_token", "nonce": None}, "invalid_request", id="OIDC Core §3.3.2.11 nonce"
    ),
    pytest.param(
        {"response_type": "id_token", "scope": "profile"}, "invalid_scope", id="OIDC Core §3.1.2.1 openid"
    ),
    pytest.param(
        {"response_type": "id_token", "response_mode": "query"}, "invalid_request", id="Multiple RT §5 query"
    ),
    pytest.param(
        {"response_type": "code token", "code_challenge": None, "code_challenge_method": None},
        "invalid_request",
        id="RFC 9700 §2.1.1 PKCE of the code",
    ),
]


@pytest.mark.parametrize(("changes", "code"), IN_FRONT)
def test_tokens_by_the_browser_keep_their_own_rules(changes: Changes, code: str) -> None:
    with pytest.raises(OAuthError) as refused:
        ask(changes, client=BY_BROWSER, policy=SANDBOX)
    assert refused.value.code == code


def test_an_id_token_alone_needs_no_challenge_for_there_is_no_code() -> None:
    changes: Changes = {"response_type": "id_token", "code_challenge": None, "code_challenge_method": None}
    assert ask(changes, client=BY_BROWSER, policy=SANDBOX).code_challenge is None


def test_a_client_gets_only_the_response_types_that_it_registered() -> None:
    with pytest.raises(OAuthError) as refused:
        ask({"response_type": "id_token"}, policy=SANDBOX)
    assert refused.value.code == "unauthorized_client"


@pytest.mark.parametrize("asked", [name for name in offered(sandbox=True) if name != "code"])
def test_production_hands_out_nothing_by_the_browser_whatever_a_client_registered(asked: str) -> None:
    with pytest.raises(OAuthError) as refused:
        ask({"response_type": asked}, client=BY_BROWSER)
    assert refused.value.code == "unsupported_response_type"
