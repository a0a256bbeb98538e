"""What is lost with a store, what goes on without it, and that all comes back by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from gapura.settings import Settings
from gapura.values import Secret
from tests.drills.people import anybody, bring
from tests.drills.stores import OwnStores, own_stores
from tests.site import Browser, RelyingParty, Site, run_site

PERSON = anybody(1)
PAGE_SECONDS, WRITE_SECONDS = 2.5, 6.0  # the deadlines of a store, and what a busy machine adds
BACK_SECONDS = 15
OFFLINE = "openid profile offline_access"


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnStores]:
    with own_stores(tmp_path_factory.mktemp("stores")) as running:
        yield running


@pytest.fixture(scope="module")
def site(stores: OwnStores, root_keys: Secret, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A sandbox with two workers on stores of its own."""
    home = tmp_path_factory.mktemp("site")
    with run_site(
        stores.database_url, stores.redis_url, root_keys, home, workers=2, people=_bring_person
    ) as running:
        yield running


def _bring_person(settings: Settings) -> None:
    bring(settings, [PERSON])


@pytest.fixture(scope="module")
def party(site: Site) -> RelyingParty:
    return RelyingParty.register(site.url)


def codes(site: Site, party: RelyingParty, how_many: int) -> tuple[Browser, list[str]]:
    """A browser that is signed in, and fresh codes of its."""
    browser, found = Browser(site.url), list[str]()
    for _ in range(how_many):
        browser.open(party.authorize_url(OFFLINE, prompt="consent"))
        if browser.step == "sign_in":
            browser.submit(identifier=PERSON.nik, password=PERSON.password)
        browser.agree()
        found.append(browser.answer()["code"])
    return browser, found


def assert_away(seconds: float, *asks: Callable[[], httpx2.Response]) -> None:
    """All are answered, each in this time, that they may come again."""
    with ThreadPoolExecutor(len(asks)) as threads:
        began = time.monotonic()
        for asked in [threads.submit(ask) for ask in asks]:
            assert is_away(asked.result())
            assert time.monotonic() - began < seconds


def is_away(answer: httpx2.Response) -> bool:
    """A 503 that says when to come again; a page has its phrase and request id, JSON its word."""
    assert answer.status_code == 503, answer.text[:500]
    assert int(answer.headers["retry-after"]) > 0
    if answer.headers["content-type"].startswith("application/json"):
        return bool(answer.json()["error"] == "temporarily_unavailable")
    return answer.headers["x-request-id"] in answer.text


def back(ask: Callable[[], httpx2.Response]) -> httpx2.Response:
    """The first answer that isn't 503, which must come soon."""
    deadline = time.monotonic() + BACK_SECONDS
    while (answer := ask()).status_code == 503:
        assert time.monotonic() < deadline, "it does not come back by itself"
        time.sleep(0.2)
    return answer


@pytest.mark.parametrize("how", ["hanging", "killed"])
def test_without_valkey_nobody_new_signs_in_and_tokens_go_on(
    site: Site, party: RelyingParty, stores: OwnStores, how: str
) -> None:
    browser, (first, second) = codes(site, party, 2)
    tokens = party.redeem(first).json()
    halfway, newcomer = Browser(site.url), Browser(site.url)
    halfway.open(party.authorize_url())
    asked = dict(httpx2.URL(site.url + party.authorize_url()).params)
    request_uri = party.http.post(f"{site.url}/par", data=asked, auth=party.auth).json()["request_uri"]
    pushed = f"/authorize?client_id={party.client_id}&request_uri={request_uri}"
    with stores.without_valkey(how):
        assert_away(
            PAGE_SECONDS,
            lambda: newcomer.open(party.authorize_url()),
            lambda: halfway.submit(identifier=PERSON.nik, password=PERSON.password),
            lambda: browser.open("/account"),
            lambda: party.http.post(f"{site.url}/par", data=asked, auth=party.auth),
            lambda: newcomer.open(pushed),
        )
        browser.open(party.authorize_url(prompt="none"))
        assert browser.answer()["error"] == "temporarily_unavailable"
        _tokens_go_on(site, party, tokens, second)
    recovered = back(lambda: Browser(site.url).open(party.authorize_url()))
    assert recovered.status_code == 200
    _, (code,) = codes(site, party, 1)
    assert party.redeem(code).status_code == 200
    if how == "hanging":
        assert back(lambda: browser.open("/account")).status_code == 200
        assert browser.step == ""  # unknown for a while, never signed out


def _tokens_go_on(site: Site, party: RelyingParty, tokens: dict[str, Any], code: str) -> None:
    refreshed = party.refresh(tokens["refresh_token"])
    assert refreshed.status_code == 200
    redeemed = party.redeem(code).json()
    assert party.token(grant_type="client_credentials").status_code == 200
    assert party.userinfo(redeemed["access_token"]).json()["name"] == PERSON.full_name
    assert party.introspect(redeemed["access_token"])["active"] is True
    revoked = party.http.post(
        f"{site.url}/revoke", data={"token": redeemed["refresh_token"]}, auth=party.auth
    )
    assert revoked.status_code == 200
    assert party.introspect(redeemed["access_token"]) == {"active": False}
    _stateless_answers(site)
    assert httpx2.get(f"{site.url}/readyz").json() == {"status": "degraded", "away": ["cache"]}


def _stateless_answers(site: Site) -> None:
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"):
        assert httpx2.get(site.url + path).status_code == 200


@pytest.mark.parametrize("how", ["stopped", "hanging"])
def test_without_postgresql_nothing_is_refused_for_good(
    site: Site, party: RelyingParty, stores: OwnStores, how: str
) -> None:
    browser, (first, second) = codes(site, party, 2)
    tokens = party.redeem(first).json()
    access, refresh = tokens["access_token"], tokens["refresh_token"]
    with stores.without_postgres(how):
        assert_away(
            WRITE_SECONDS,
            lambda: party.refresh(refresh),
            lambda: party.redeem(second),
            lambda: party.token(grant_type="client_credentials"),
            lambda: party.userinfo(access),
            lambda: party.http.post(f"{site.url}/introspect", data={"token": access}, auth=party.auth),
            lambda: party.http.post(f"{site.url}/revoke", data={"token": access}, auth=party.auth),
            lambda: browser.open("/account"),
            lambda: browser.open(party.authorize_url()),
        )
        _stateless_answers(site)
        assert httpx2.get(f"{site.url}/healthz").status_code == 200
        assert httpx2.get(f"{site.url}/readyz").status_code == 503
    assert back(lambda: party.refresh(refresh)).status_code == 200
    assert back(lambda: party.userinfo(access)).status_code == 200
    assert back(lambda: browser.open("/account")).status_code == 200
    _code_is_good_or_its_orphan_is_dead(site, party, second)
    assert back(lambda: httpx2.get(f"{site.url}/readyz")).json() == {"status": "ready"}


def _code_is_good_or_its_orphan_is_dead(site: Site, party: RelyingParty, code: str) -> None:
    """A server that hung may have claimed the code for an answer that nobody waited for any more."""
    answer = party.redeem(code)
    if answer.status_code != 200:
        assert answer.json()["error"] == "invalid_grant"
        assert site.rows(
            "select revoke_reason from grants where redeemed_at is not null order by created_at desc limit 1"
        ) == [("code_replayed",)]
