"""COMMIT was heard and its answer got lost: what the client may do then, and what it finds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from gapura.settings import Settings
from gapura.values import Secret
from tests.drills.fault_proxy import FaultProxy, fault_proxy
from tests.drills.invariants import hold
from tests.drills.journal import Journal
from tests.drills.people import anybody, bring
from tests.site import Browser, RelyingParty, Site, run_site

PERSON = anybody(2)
CLAIM_OF_A_CODE, CLAIM_OF_A_REFRESH = (
    b'"code_digest"',
    b'"generation"',
)  # as their statements' parameter holds them


@pytest.fixture(scope="module")
def proxy(module_database_url: str) -> Iterator[FaultProxy]:
    # A short path, for it holds a socket.
    with tempfile.TemporaryDirectory() as folder, fault_proxy(module_database_url, Path(folder)) as between:
        yield between


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    proxy: FaultProxy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A sandbox whose processes reach PostgreSQL through the proxy."""
    home = tmp_path_factory.mktemp("site")
    with run_site(
        module_database_url,
        module_redis_url,
        root_keys,
        home,
        people=_bring_person,
        DATABASE_URL=proxy.url,
    ) as running:
        yield running


def _bring_person(settings: Settings) -> None:
    bring(settings, [PERSON])


@pytest.fixture(scope="module")
def party(site: Site) -> RelyingParty:
    return RelyingParty.register(site.url)


def asked(site: Site, party: RelyingParty) -> Browser:
    """A signed-in browser before a consent page."""
    browser = Browser(site.url)
    browser.open(party.authorize_url("openid profile offline_access", prompt="consent"))
    browser.submit(identifier=PERSON.nik, password=PERSON.password)
    assert browser.step == "consent"
    return browser


def code_of(site: Site, party: RelyingParty) -> str:
    browser = asked(site, party)
    browser.agree()
    return browser.answer()["code"]


def test_a_retried_refresh_falls_under_the_grace(site: Site, party: RelyingParty, proxy: FaultProxy) -> None:
    token, cuts = party.redeem(code_of(site, party)).json()["refresh_token"], proxy.cuts
    proxy.cut_after(CLAIM_OF_A_REFRESH)
    lost = party.refresh(token)
    assert (lost.status_code, lost.json()["error"], proxy.cuts) == (503, "temporarily_unavailable", cuts + 1)
    retried = party.refresh(token)
    assert retried.status_code == 200
    assert party.refresh(retried.json()["refresh_token"]).status_code == 200


def test_a_retried_code_is_refused_and_its_orphan_dies(
    site: Site, party: RelyingParty, proxy: FaultProxy
) -> None:
    code, cuts = code_of(site, party), proxy.cuts
    digest = sha256(code.encode()).digest()
    proxy.cut_after(CLAIM_OF_A_CODE)
    lost = party.redeem(code)
    assert (lost.status_code, lost.json()["error"], proxy.cuts) == (503, "temporarily_unavailable", cuts + 1)
    orphan = "select count(t.id), count(g.revoked_at) from grants g join access_token t on t.grant_id = g.id where code_digest = %s"
    assert site.rows(orphan, digest) == [(1, 0)]
    retried = party.redeem(code)
    assert (retried.status_code, retried.json()["error"]) == (400, "invalid_grant")
    assert site.rows(orphan, digest) == [(1, 1)]


def test_a_person_whose_answer_got_lost_goes_on_by_loading_the_page_again(
    site: Site, party: RelyingParty, proxy: FaultProxy
) -> None:
    browser, cuts = asked(site, party), proxy.cuts
    page = str(browser.page.url)
    proxy.cut_after(b"COMMIT")
    assert (browser.agree().status_code, proxy.cuts) == (503, cuts + 1)
    browser.open(page)
    if browser.left_for is None:
        browser.agree()
    assert party.redeem(browser.answer()["code"]).status_code == 200


def test_every_promise_holds_after_the_cuts(site: Site) -> None:
    hold(site, Journal())
