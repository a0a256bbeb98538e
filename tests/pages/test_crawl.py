"""Every page of a running site that its routes and links lead to, for nobody, a citizen and an operator.

A page that is reached here needs no sample; samples are for faces that this site does not show.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import httpx2
import pytest
from playwright.sync_api import Browser as Chromium

from gapura.protocol.endpoints import PATHS
from gapura.values import Secret
from gapura.web.pages import FOLDER
from tests.admin.desk import OperatorBrowser, add_operators
from tests.journeys.citizen import Citizen
from tests.journeys.inspection import Inspection
from tests.pages.crawl import LANGUAGES, Walker
from tests.pages.holds import RULES, Shown
from tests.pages.samples import SAMPLES
from tests.site import Browser, RelyingParty, Site, run_site
from tests.site.browser import SITI
from tests.site.watched import SEEN

# Addresses of programs, which answer a person who types them with a page that says so.
REFUSING = {"/authorize"}
FRAMES = {PATHS["check_session_iframe"]}  # shows nothing to anybody


@dataclass(frozen=True, slots=True)
class Crawl:
    """Who went where on which site, and the templates that were rendered meanwhile."""

    site: Site
    walkers: tuple[Walker, ...]
    templates: frozenset[str]


@pytest.fixture(scope="module")
def crawl(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Crawl]:
    home = tmp_path_factory.mktemp("crawl")
    with run_site(
        module_database_url, module_redis_url, root_keys, home, program="tests.site.watched"
    ) as site:
        asyncio.run(add_operators(site))
        seen = httpx2.get(site.url + SEEN, timeout=20).json()
        routes = tuple(path for path in seen["routes"] if path not in FRAMES)
        people = {"nobody": Browser(site.url), "citizen": citizen(site), "operator": operator(site)}
        walkers = tuple(Walker(name, site.url, one.http, routes) for name, one in people.items())
        for walker in walkers:
            walker.walk()
        seen = httpx2.get(site.url + SEEN, timeout=20).json()
        yield Crawl(site, walkers, frozenset(seen["templates"]))


def citizen(site: Site) -> Browser:
    """One whose data an app has read, so that every list has a row."""
    party, browser = RelyingParty.register(site.url), Browser(site.url)
    browser.open(party.authorize_url("openid profile email"))
    browser.sign_in(SITI)
    browser.agree("email")
    tokens = party.redeem(browser.answer()["code"]).json()
    assert party.userinfo(tokens["access_token"]).status_code == 200
    return browser


def operator(site: Site) -> OperatorBrowser:
    browser = OperatorBrowser(site, "administrator")
    browser.sign_in("/admin")
    return browser


def test_every_template_has_a_sample_or_is_reached(crawl: Crawl) -> None:
    templates = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html")}
    sampled = {sample.template for sample in SAMPLES}
    assert sampled <= templates
    neither = templates - sampled - crawl.templates
    assert not neither, "no page with it is reached, and tests/pages/*_samples.py have no sample of it"


def test_every_page_without_parameters_shows_itself_to_somebody(crawl: Crawl) -> None:
    refused = {address for walker in crawl.walkers for address in walker.refused}
    shown = {address for walker in crawl.walkers for address, _ in walker.pages}
    assert refused - shown <= REFUSING


def test_no_link_leads_nowhere(crawl: Crawl) -> None:
    assert {walker.name: walker.broken for walker in crawl.walkers if walker.broken} == {}


def test_what_holds_for_every_page_holds_for_those_reached(crawl: Crawl) -> None:
    faults = {}
    for walker in crawl.walkers:
        for (address, code), answer in walker.pages.items():
            page = Shown(answer.text, answer.headers, code, escape(address))
            if found := [fault for rule in RULES for fault in rule(page)]:
                faults[walker.name, address, code] = found
    assert faults == {}


@pytest.mark.browser
@pytest.mark.parametrize("code", LANGUAGES)
def test_no_page_that_is_reached_keeps_anybody_out(crawl: Crawl, browser: Chromium, code: str) -> None:
    inspection = Inspection(code)
    for walker in crawl.walkers:
        visitor = Citizen.at(browser, "crawl", language=code)
        visitor.context.add_cookies(
            [
                {"name": cookie.name, "value": cookie.value or "", "url": crawl.site.url}
                for cookie in walker.http.cookies.jar
            ]
        )
        for address, language in walker.pages:
            if language == code:
                visitor.open(crawl.site.url + address)
                inspection.inspect(f"{walker.name} {address}", visitor.page)
        visitor.context.close()
    assert inspection.found == {}
