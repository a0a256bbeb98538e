"""A marked person goes every way, right and wrong, and nothing of them is found where nobody may find it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from gapura.identity.factors.totp import code_of, step_at
from gapura.protocol.profiles import CIBA
from gapura.settings import Settings
from gapura.values import Secret
from tests.admin.desk import PASSWORD, REASON, TOTP, OperatorBrowser
from tests.drills.other_ways import ALL, Seen, comes_other_ways
from tests.drills.people import Made, bring, bring_operator
from tests.drills.planted import betrayed, forms, personal, places
from tests.drills.stores import OwnStores, own_stores
from tests.site import Browser, RelyingParty, Site, run_site
from tests.site.deployment import free_port

MARKED = Made(
    nik="3171012385770042",
    full_name="WULANXA QUIZANDRIX",
    address_line="JL. ZAMRUDIXA TIMUR NO. 77",
    email="wulanxa.quizandrix@zamrudixa.example",
    phone="+6281298760543",
    password="Rahasia-Zamrudixa-77",
    totp="KRSXG5CTMVRXEZLUKN2HE2LOM5KRSXG5",
)
TICKED = ("birthdate", "gender", "nik", "address", "email", "phone")


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnStores]:
    with own_stores(tmp_path_factory.mktemp("stores")) as running:
        yield running


@pytest.fixture(scope="module")
def site(stores: OwnStores, root_keys: Secret, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A talkative sandbox on stores that write to disk."""
    home = tmp_path_factory.mktemp("site")
    with run_site(
        stores.database_url,
        stores.redis_url,
        root_keys,
        home,
        workers=2,
        people=_bring_people,
        GAPURA_LOG_LEVEL="debug",
        GAPURA_METRICS_PORT=str(free_port()),
    ) as running:
        yield running


def _bring_people(settings: Settings) -> None:
    bring(settings, [MARKED])
    bring_operator(settings, "administrator", PASSWORD, TOTP)


def test_a_marked_person_is_found_nowhere(site: Site, stores: OwnStores) -> None:
    seen = Seen(MARKED.password)
    party = RelyingParty.register(site.url, id_token_signed_response_alg="RS256")
    seen.watch(party.http)
    seen.keep("client secret", party.registration["client_secret"])
    tokens = _signs_in(site, party, seen)
    _gets_data(party, tokens, seen)
    _uses_the_account(site, party, tokens, seen)
    comes_other_ways(_is_asked_elsewhere(site, seen), MARKED, TICKED, seen)
    _does_it_wrong(site, party, seen)
    _is_looked_up(site, seen)

    persons = forms(personal(MARKED).items())
    given = {secret.lower().encode(): what for what, secret in seen.secrets.items()}
    found = [one for where, text in seen.answers for one in betrayed(where, text, persons)]
    for where, text in places(site, stores.home):
        found += betrayed(where, text, persons | given)
    assert found == [], found
    with_logs = site.log.read_bytes()
    assert b'"route":"/token"' in with_logs, "the log says nothing at all"


def _code() -> str:
    return code_of(Secret(str(MARKED.totp)), step_at(datetime.now(UTC)))


def _browser(site: Site, seen: Seen) -> Browser:
    browser = Browser(site.url)
    seen.watch(browser.http)
    return browser


def _signs_in(site: Site, party: RelyingParty, seen: Seen) -> dict[str, Any]:
    browser = _browser(site, seen)
    claims = '{"id_token":{"name":null,"email":null},"userinfo":{"address":{"essential":true}}}'
    browser.open(party.authorize_url(ALL, prompt="consent", login_hint=MARKED.nik, claims=claims))
    assert MARKED.nik not in browser.page.text
    browser.submit(identifier=MARKED.nik, password=MARKED.password + "x")
    browser.submit(identifier=" ".join(re.findall("....", MARKED.nik)), password=MARKED.password)
    assert browser.step == "second_factor"
    browser.submit(otp="000000")
    browser.submit(otp=_code())
    assert browser.step == "consent"
    browser.agree(*TICKED)
    code = browser.answer()["code"]
    answer: dict[str, Any] = party.redeem(code).json()
    for name, value in {"code": code, **answer}.items():
        if name in {"code", "access_token", "refresh_token", "id_token"}:
            seen.keep(name, value)
    for cookie in browser.http.cookies.jar:
        if cookie.value and len(cookie.value) > 20:
            seen.keep(f"cookie {cookie.name}", cookie.value)
    party.redeem(code)
    site.rows("update credential set last_step = null")  # half a minute later
    return _again(party, browser, seen)


def _again(party: RelyingParty, browser: Browser, seen: Seen) -> dict[str, Any]:
    """The first ones were killed by the replay of their code."""
    browser.open(party.authorize_url(ALL, prompt="consent"))
    browser.agree(*TICKED)
    answer: dict[str, Any] = party.redeem(browser.answer()["code"]).json()
    for name in ("access_token", "refresh_token", "id_token"):
        seen.keep(name, answer[name])
    return {**answer, "browser": browser}


def _gets_data(party: RelyingParty, tokens: dict[str, Any], seen: Seen) -> None:
    info = party.userinfo(tokens["access_token"]).json()
    assert (info["nik"], info["name"], info["email"]) == (MARKED.nik, MARKED.full_name, MARKED.email)
    assert MARKED.address_line in info["address"]["street_address"]
    refreshed = party.refresh(tokens["refresh_token"]).json()
    seen.keep("refresh token", refreshed["refresh_token"])
    party.introspect(refreshed["access_token"])
    party.http.post(f"{party.issuer}/revoke", data={"token": refreshed["access_token"]}, auth=party.auth)


def _uses_the_account(site: Site, party: RelyingParty, tokens: dict[str, Any], seen: Seen) -> None:
    browser: Browser = tokens["browser"]
    for page in ("", "/agencies", "/data-use", "/sessions"):
        assert browser.open(f"/account{page}").status_code in {200, 404}
    browser.open(f"/account/agencies/{party.client_id}/withdraw")
    browser.submit(decision="allow")
    browser.open(f"/logout?id_token_hint={tokens['id_token']}")
    for identifier in (MARKED.email, MARKED.phone, "0" + MARKED.phone.removeprefix("+62")):
        other = _browser(site, seen)
        other.open(party.authorize_url())
        other.submit(identifier=identifier, password=MARKED.password)
        assert other.step == "second_factor"
        other.submit(otp="000000")


def _is_asked_elsewhere(site: Site, seen: Seen) -> Browser:
    """By all that leads to them, in a request that they approve."""
    party = RelyingParty.register(site.url, redirect_uris=[], grant_types=[CIBA])
    seen.watch(party.http)
    browser = _browser(site, seen)
    for hint in (MARKED.email, MARKED.phone, MARKED.nik):
        form = {"scope": ALL, "login_hint": hint, "binding_message": "Loket 7"}
        asked = party.http.post(f"{site.url}/backchannel-authentication", data=form, auth=party.auth)
        seen.keep("auth_req_id", asked.json()["auth_req_id"])
    browser.open("/account/requests")
    browser.submit(identifier=MARKED.nik, password=MARKED.password)
    browser.submit(otp=_code())
    [one, *_] = re.findall(r'href="(/account/requests/[\w-]+)"', browser.page.text)
    browser.open(one)
    browser.agree(*TICKED)
    redeemed = party.token(grant_type=CIBA, auth_req_id=asked.json()["auth_req_id"]).json()
    seen.keep("access_token", redeemed["access_token"])
    assert party.userinfo(redeemed["access_token"]).json()["email"] == MARKED.email
    return browser


def _fields(party: RelyingParty, **more: str) -> dict[str, str | list[str]]:
    return {**dict(httpx2.URL(party.issuer + party.authorize_url()).params), **more}


def _does_it_wrong(site: Site, party: RelyingParty, seen: Seen) -> None:
    browser = _browser(site, seen)
    http, nik, password = browser.http, MARKED.nik, MARKED.password
    posted = http.post(f"{site.url}/authorize", data=_fields(party, login_hint=nik))
    assert posted.status_code == 303
    browser.open(posted.headers["location"])
    assert nik in browser.page.text  # by POST it may be sent, and is filled in
    pushed = http.post(
        f"{site.url}/par", data=_fields(party, login_hint=nik, state=password), auth=party.auth
    )
    browser.open(f"/authorize?client_id={party.client_id}&request_uri={pushed.json()['request_uri']}")
    http.post(
        f"{site.url}/par", data=_fields(party, redirect_uri=f"https://{nik}/", request=nik), auth=party.auth
    )
    for path in (
        f"/citizens/{nik}",
        f"/authorize?client_id={nik}&redirect_uri=https://evil.example/{password}",
        party.authorize_url(login_hint=nik, prompt="none"),
        party.authorize_url(state="s", scope=f"openid {nik}"),
        party.authorize_url(login_hint=MARKED.email, max_age=password),
        f"/interaction/{nik}?password={password}",
        f"/account?nik={nik}",
        f"/logout?id_token_hint={password}&post_logout_redirect_uri=https://{MARKED.email}/",
        f"/static/{nik}",
    ):
        http.get(site.url + path)
    tangled = {"step": "sign_in", "identifier": f"{nik}\0", "password": password}
    http.post(str(browser.page.url), data=tangled)
    http.post(str(browser.page.url), data={**tangled, "identifier": [nik, nik]})
    http.post(str(browser.page.url), data={**tangled, "identifier": nik})  # without the form's token
    http.put(f"{site.url}/token", data={"password": password})
    for form in (
        {"grant_type": "authorization_code", "code": nik},
        {"grant_type": "password", "username": nik, "password": password},
        {"grant_type": "refresh_token", "refresh_token": password},
        {"grant_type": nik, "client_id": MARKED.email, "client_secret": password},
    ):
        party.token(**form)
    http.post(f"{site.url}/token", data={"client_id": nik, "client_secret": password, "grant_type": "x"})
    http.get(f"{site.url}/userinfo", headers={"Authorization": f"Bearer {nik}"})
    http.get(f"{site.url}/userinfo", headers={"Host": f"{MARKED.email}", "User-Agent": MARKED.full_name})
    http.post(f"{site.url}/introspect", data={"token": nik}, auth=(nik, password))
    http.post(f"{site.url}/register", json={"redirect_uris": [nik], "contacts": password})
    http.post(f"{site.url}/register", content=f'{{"client_name": "{nik}'.encode())
    http.post(f"{site.url}/sandbox/sign-in", data={"nik": nik, "decision": password}, auth=party.auth)


def _is_looked_up(site: Site, seen: Seen) -> None:
    administrator = OperatorBrowser(site, "administrator")
    seen.watch(administrator.http)
    administrator.sign_in("/admin")
    administrator.open("/admin/citizens")
    administrator.submit(
        name=MARKED.full_name, birth_date=MARKED.birth_date, reason=f"{REASON} {MARKED.full_name}"
    )
    administrator.open("/admin/citizens")
    page = administrator.submit(nik=MARKED.nik, reason=REASON)
    found = re.search(r'href="(/admin/citizens/[0-9a-f-]{36})"', page.text)
    assert found is not None
    administrator.open(found[1])
    administrator.open(f"{found[1]}/show")
    assert MARKED.full_name in administrator.submit(reason=REASON).text
    administrator.open(f"{found[1]}/end-sessions")
    administrator.submit(reason=f"{REASON} {MARKED.nik}")
    administrator.open("/admin/citizens")
    administrator.submit(nik=MARKED.nik + "7", reason=REASON)
