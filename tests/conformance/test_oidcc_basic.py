"""The modules of oidcc-basic and oidcc-formpost-basic, and the same for the other response types (oidcc-hybrid, oidcc-implicit).

Each function does what the module of its name does; what sends request objects stands in `test_oidcc_request_objects.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.conformance.oidcc import CALLBACK, Module
from tests.site import Browser, RelyingParty, Site

PLANS = {
    "oidcc-basic": ("code", False),
    "oidcc-formpost-basic": ("code", True),
    "oidcc-hybrid code id_token": ("code id_token", False),
    "oidcc-hybrid code token": ("code token", False),
    "oidcc-hybrid code id_token token": ("code id_token token", False),
    "oidcc-implicit id_token": ("id_token", False),
    "oidcc-implicit id_token token": ("id_token token", False),
}


def plans(fits: Callable[[Module], bool]) -> pytest.MarkDecorator:
    """The plans that have the module: those whose response type `fits`."""
    found = [
        pytest.param(variant, id=name)
        for name, variant in PLANS.items()
        if fits(Module(None, None, *variant))  # type: ignore[arg-type]  # only its response type is asked
    ]
    return pytest.mark.parametrize("module", found, indirect=True)


every_plan = plans(lambda _: True)
with_code = plans(lambda module: module.has_code)
with_userinfo = plans(lambda module: module.has_code or module.has_token)
code_alone = plans(lambda module: module.response_type == "code")


@pytest.fixture
def module(request: pytest.FixtureRequest, site: Site, browser: Browser) -> Module:
    return Module(site, browser, *request.param)


@every_plan
def test_oidcc_server(module: Module) -> None:
    party = module.client()
    found = module.flow(party)
    claims = found["id_token_claims"]
    assert claims["iss"] == module.site.url
    assert claims["aud"] == party.client_id
    assert claims["nonce"] == module.nonce
    assert not {"name", "birthdate", "gender", "email"} & claims.keys()
    if module.has_code:
        assert found["token_type"] == "Bearer"
        assert found["expires_in"] > 0


@every_plan
def test_oidcc_response_type_missing(module: Module) -> None:
    """Without a response type nobody knows that it would have been a fragment: the query, or the form."""
    party = module.client()
    callback = module.authorize(party, response_type=None)
    assert callback.way == ("form_post" if module.form_post else "query")
    assert callback.params["error"] in {"invalid_request", "unsupported_response_type"}


@every_plan
def test_oidcc_idtoken_signature(module: Module) -> None:
    """`flow` checks the signature by the key that `kid` names."""
    assert module.flow(module.client())["id_token_claims"]["sub"]


@code_alone
def test_oidcc_idtoken_unsigned(module: Module) -> None:
    """The module is skipped for a provider that does not list `none`; and nobody gets it by asking."""
    found = module.browser.http.get(f"{module.site.url}/.well-known/openid-configuration").json()
    assert "none" not in found["id_token_signing_alg_values_supported"]
    wanted = {"redirect_uris": [CALLBACK], "id_token_signed_response_alg": "none"}
    assert module.browser.http.post(f"{module.site.url}/register", json=wanted).status_code == 400


@with_userinfo
@pytest.mark.parametrize(
    "how", [pytest.param(how, id=f"oidcc_userinfo_{how}") for how in ("get", "post_header", "post_body")]
)
def test_oidcc_userinfo(module: Module, how: str) -> None:
    party = module.client()
    found = module.flow(party)
    token, url = found["access_token"], f"{module.site.url}/userinfo"
    header = {"Authorization": f"Bearer {token}"}
    match how:
        case "get":
            answer = party.http.get(url, headers=header)
        case "post_header":
            answer = party.http.post(url, headers=header)
        case _:
            answer = party.http.post(url, data={"access_token": token})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"sub": found["id_token_claims"]["sub"]}


@plans(lambda module: module.has_code and not module.has_id_token)
def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(module: Module) -> None:
    assert "nonce" not in module.flow(module.client(), nonce=None)["id_token_claims"]


@plans(lambda module: module.has_id_token)
def test_oidcc_ensure_request_without_nonce_fails(module: Module) -> None:
    assert module.refused(module.client(), nonce=None)["error"] == "invalid_request"


SCOPES = {
    "profile": {"name", "birthdate", "gender"},
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}


@every_plan
@pytest.mark.parametrize("scope", [pytest.param(name, id=f"oidcc_scope_{name}") for name in (*SCOPES, "all")])
def test_oidcc_scope(module: Module, scope: str) -> None:
    scopes = list(SCOPES) if scope == "all" else [scope]
    party = module.client()
    found = module.flow(party, f"openid {' '.join(scopes)}")
    wanted = set().union(*(SCOPES[one] for one in scopes))
    id_token = found["id_token_claims"]
    if not (
        module.has_code or module.has_token
    ):  # OpenID Connect Core §5.4: there is no other place for them
        assert wanted <= id_token.keys()
        return
    assert not wanted & id_token.keys()
    userinfo = party.userinfo(found["access_token"]).json()
    assert userinfo.keys() == wanted | {"sub"}
    assert userinfo["sub"] == id_token["sub"]
    assert all(isinstance(userinfo[name], bool) for name in wanted if name.endswith("_verified"))


@every_plan
def test_oidcc_alternate_happy_flow(module: Module) -> None:
    """Scopes and parameters the other way round."""
    party = module.client()
    params = parse_qsl(urlsplit(module.url(party, "email openid")).query)
    module.browser.open(f"/authorize?{urlencode(params[::-1])}")
    module.check(party, module.through(), module.nonce, "af0ifjsldkj")


HINTS = [
    pytest.param({"display": "page"}, id="oidcc_display_page"),
    pytest.param({"display": "popup"}, id="oidcc_display_popup"),
    pytest.param({"extra": "foobar"}, id="oidcc_ensure_request_with_unknown_parameter_succeeds"),
    pytest.param({"login_hint": "buffy@example.com"}, id="oidcc_login_hint"),
    pytest.param({"ui_locales": "se"}, id="oidcc_ui_locales"),
    pytest.param({"claims_locales": "se"}, id="oidcc_claims_locales"),
]


@every_plan
@pytest.mark.parametrize("params", HINTS)
def test_oidcc_what_never_fails_a_request(module: Module, params: dict[str, str]) -> None:
    assert module.flow(module.client(), **params)["id_token_claims"]["nonce"] == module.nonce


@every_plan
def test_oidcc_ensure_request_with_acr_values_succeeds(module: Module) -> None:
    low = "urn:gapura:loa:low"
    assert module.flow(module.client(), acr_values=low)["id_token_claims"]["acr"] == low
    assert module.flow(module.client(), acr_values="1 2")["id_token_claims"]["acr"] == low


@every_plan
def test_oidcc_prompt_login(module: Module) -> None:
    party = module.client()
    first = module.flow(party)["id_token_claims"]
    time.sleep(1)
    module.browser.open(module.url(party, prompt="login"))
    assert module.browser.step == "sign_in"
    callback = module.through()
    second = module.claims(module.tokens(party, callback).get("id_token") or callback.params["id_token"])
    assert second["auth_time"] > first["auth_time"]


@every_plan
def test_oidcc_prompt_none_not_logged_in(module: Module) -> None:
    state = "s" * 128
    answer = module.refused(module.client(), prompt="none", state=state)
    assert answer["error"] in {"login_required", "interaction_required"}
    assert answer["state"] == state


def silently(module: Module, party: RelyingParty, **params: Any) -> dict[str, object]:
    """The claims of an ID token that came without any page."""
    module.browser.open(module.url(party, **params))
    callback = module.callback()
    return module.claims(module.tokens(party, callback).get("id_token") or callback.params["id_token"])


@every_plan
def test_oidcc_prompt_none_logged_in(module: Module) -> None:
    party = module.client()
    first = module.flow(party)["id_token_claims"]
    second = silently(module, party, prompt="none")
    assert (second["auth_time"], second["sub"]) == (first["auth_time"], first["sub"])


@every_plan
def test_oidcc_id_token_hint(module: Module) -> None:
    party = module.client()
    found = module.flow(party)
    second = silently(module, party, prompt="none", id_token_hint=found["id_token"])
    assert second["sub"] == found["id_token_claims"]["sub"]


@every_plan
def test_oidcc_max_age_1(module: Module) -> None:
    party = module.client()
    first = module.flow(party)["id_token_claims"]
    time.sleep(2)
    module.browser.open(module.url(party, max_age="1"))
    assert module.browser.step == "sign_in"
    callback = module.through()
    second = module.claims(module.tokens(party, callback).get("id_token") or callback.params["id_token"])
    assert second["auth_time"] > first["auth_time"]
    assert time.time() - second["auth_time"] < 60


@every_plan
def test_oidcc_max_age_10000(module: Module) -> None:
    party = module.client()
    first = module.flow(party, max_age="15000")["id_token_claims"]
    assert silently(module, party, max_age="10000")["auth_time"] == first["auth_time"]


def reused(module: Module, wait: float) -> None:
    party = module.client()
    callback = module.authorize(party)
    first = module.tokens(party, callback)
    time.sleep(wait)
    again = module.redeem(party, callback)
    assert again.status_code == 400
    assert again.headers["content-type"] == "application/json"
    assert again.json()["error"] == "invalid_grant"
    # RFC 6749 §4.1.2: what came of the code dies with it, the token that went by the browser too
    for token in (first["access_token"], callback.params.get("access_token")):
        assert token is None or party.userinfo(token).status_code == 401


@with_code
def test_oidcc_codereuse(module: Module) -> None:
    reused(module, 0)


@with_code
@pytest.mark.long
def test_oidcc_codereuse_30seconds(module: Module) -> None:
    reused(module, 30)


@every_plan
def test_oidcc_ensure_registered_redirect_uri(module: Module) -> None:
    party = module.client()
    module.error_page(module.url(party, redirect_uri=CALLBACK + "/Ab3xQ"))


@code_alone
def test_oidcc_ensure_post_request_succeeds(module: Module) -> None:
    party = module.client()
    module.browser.page = module.browser.http.get(f"{module.site.url}/healthz")
    module.browser.post("/authorize", dict(parse_qsl(urlsplit(module.url(party)).query)))
    module.check(party, module.through(), module.nonce, "af0ifjsldkj")


@with_code
def test_oidcc_server_client_secret_post(module: Module) -> None:
    module.auth_method = "client_secret_post"
    assert module.flow(module.client())["id_token_claims"]["nonce"] == module.nonce


@every_plan
def test_oidcc_claims_essential(module: Module) -> None:
    """The name by the `claims` parameter: in userinfo, or in the ID token where there is no access token."""
    party = module.client()
    in_userinfo = module.has_code or module.has_token
    place = "userinfo" if in_userinfo else "id_token"
    found = module.flow(party, claims=f'{{"{place}":{{"name":{{"essential":true}}}}}}')
    if in_userinfo:
        assert "name" not in found["id_token_claims"]
        assert party.userinfo(found["access_token"]).json()["name"] == "BUDI SANTOSO"
    else:
        assert found["id_token_claims"]["name"] == "BUDI SANTOSO"


@with_code
def test_oidcc_refresh_token(module: Module) -> None:
    def client() -> RelyingParty:
        implicit = ["implicit"] * (module.has_id_token or module.has_token)
        return module.client(grant_types=["authorization_code", "refresh_token", *implicit])

    party, other = client(), client()
    found = module.flow(party, "openid offline_access", prompt="consent")
    refreshed = party.refresh(found["refresh_token"])
    assert refreshed.status_code == 200, refreshed.text
    assert refreshed.json()["access_token"] != found["access_token"]
    before, after = found["id_token_claims"], module.claims(refreshed.json()["id_token"])
    assert [after[name] for name in ("iss", "sub", "aud", "auth_time")] == [
        before[name] for name in ("iss", "sub", "aud", "auth_time")
    ]
    assert party.userinfo(refreshed.json()["access_token"]).status_code == 200
    foreign = other.refresh(refreshed.json()["refresh_token"])
    assert (foreign.status_code, foreign.json()["error"]) == (400, "invalid_grant")


@with_code
def test_oidcc_ensure_request_with_valid_pkce_succeeds(module: Module) -> None:
    party = module.client()
    with_challenge = dict(parse_qsl(urlsplit(party.authorize_url()).query))
    challenge = {name: with_challenge[name] for name in ("code_challenge", "code_challenge_method")}
    callback = module.authorize(party, **challenge)
    answer = module.redeem(party, callback, code_verifier=party.verifier)
    assert answer.status_code == 200


@every_plan
def test_the_person_may_cancel(module: Module) -> None:
    """And the refusal comes by the same way as a good answer would."""
    party = module.client()
    module.browser.open(module.url(party))
    module.browser.submit(decision="deny")
    callback = module.callback()
    assert callback.way == module.way
    assert callback.params["error"] == "access_denied"


@plans(lambda module: module.has_token)
def test_a_token_that_came_by_the_browser_ends_with_its_consent(module: Module) -> None:
    party = module.client()
    found = module.authorize(party).params
    module.browser.open(f"/account/agencies/{party.client_id}/withdraw")
    module.browser.submit(decision="allow")
    assert party.userinfo(found["access_token"]).status_code == 401
