"""The administrator's journey in a browser, against four workers: what they do is felt everywhere within 5 s."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser

from gapura.values import Secret
from gapura.web.admin.audit import ACTIONS
from tests.admin.desk import PASSWORD, REASON
from tests.journeys.citizen import DESKTOP, AuthenticatorApp, Citizen, started
from tests.journeys.country import Country, run_country
from tests.site import RelyingParty, Site
from tests.site.browser import SITI

pytestmark = pytest.mark.browser

WORKERS, WITHIN = 4, 5
ASKED = 40  # connections, each of which may come to any worker
OFFLINE = "openid profile nik offline_access"


@pytest.fixture(scope="module")
def country(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Country]:
    home = tmp_path_factory.mktemp("country")
    with run_country(module_database_url, module_redis_url, root_keys, home, workers=WORKERS) as running:
        yield running


@pytest.fixture(scope="module")
def chrome(chromium: str, country: Country) -> Iterator[Browser]:  # noqa: ARG001 -- started after it
    with started(chromium) as running:
        yield running


def test_the_administrator_s_journey(country: Country, chrome: Browser) -> None:
    site = country.site
    operator = enrolled(country, chrome)
    party = registered(operator, country)

    citizen = Citizen.at(chrome, "administrator-citizen")
    tokens = signed_in_at(party, citizen)
    assert userinfo(site, tokens["access_token"]) == {200}

    suspended(operator, SITI)
    within(lambda: userinfo(site, tokens["access_token"]) == {401})
    within(lambda: party.introspect(tokens["access_token"]) == {"active": False})
    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    citizen.open(f"{site.url}/account")
    assert citizen.page.locator("#identifier").count() == 1, "the session is over"
    citizen.type_password()
    assert citizen.page.locator("#identifier").count() == 1, "and no other one begins"
    citizen.photograph("out")

    is_written_down(operator, party, site)


def enrolled(country: Country, chrome: Browser) -> Citizen:
    """The first operator, signed in at the front door."""
    name, link = country.invitation.operator, country.invitation.link
    assert link is not None
    operator = Citizen.at(chrome, "administrator", width=DESKTOP)
    operator.open(link.reveal())
    secret = operator.page.inner_text(".gapura-code-text")
    operator.app = AuthenticatorApp(Secret("".join(secret.split())))
    operator.page.fill("#password", PASSWORD)
    operator.page.fill("#password_again", PASSWORD)
    operator.photograph("enrolment")
    operator.page.fill("#otp", operator.app.code())
    operator.press("main form button")
    operator.type_password(name, PASSWORD)
    operator.type_code()
    assert operator.page.url == f"{country.site.url}/admin"
    operator.photograph("front-door")
    return operator


def registered(operator: Citizen, country: Country) -> RelyingParty:
    """A client of the tax office that the operator fills in."""
    callback = f"{country.portals['tax']}/neighbour"
    operator.press("nav a[href='/admin/clients'], a[href='/admin/clients']")
    operator.press("main a[href='/admin/clients/new']")
    page = operator.page
    page.fill("#client_name", "Loket Pajak")
    page.select_option("#agency", label="Direktorat Pajak (contoh)")
    page.fill("#redirect_uris", callback)
    for scope in OFFLINE.split():
        page.check(f"input[name=scope][value={scope}]")
    page.fill("#reason", REASON)
    operator.photograph("client-form")
    operator.press("main form button")
    operator.photograph("client-secret")
    client_id = page.locator("dt:has-text('client_id') + dd").inner_text().strip()
    secret = page.inner_text(".gapura-secret").strip()
    registration = {"client_id": client_id, "client_secret": secret, "redirect_uris": [callback]}
    return RelyingParty(country.site.url, registration)


def signed_in_at(party: RelyingParty, citizen: Citizen) -> dict[str, Any]:
    """What the client gets when a citizen comes in through it."""
    citizen.open(party.issuer + party.authorize_url(OFFLINE, prompt="consent"))
    citizen.type_password()
    citizen.type_code()
    citizen.photograph("asked")
    citizen.decide("allow")
    code = parse_qs(urlsplit(citizen.page.url).query)["code"][0]
    answer = party.redeem(code)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def suspended(operator: Citizen, nik: str) -> None:
    operator.press("a[href='/admin/citizens']")
    operator.page.fill("#nik", nik)
    operator.page.fill("#reason", REASON)
    operator.press("main form button")
    operator.photograph("found")
    operator.press("main table a")
    operator.photograph("citizen")
    operator.press("main a[href$='/suspend']")
    operator.page.fill("#reason", REASON)
    operator.photograph("suspend")
    operator.press("main form button")
    assert "done=suspend" in operator.page.url
    operator.photograph("suspended")


def userinfo(site: Site, access_token: str) -> set[int]:
    """What the workers answer, each connection being one of them's."""
    headers = {"Authorization": f"Bearer {access_token}", "Connection": "close"}
    return {httpx2.get(f"{site.url}/userinfo", headers=headers, timeout=20).status_code for _ in range(ASKED)}


def within(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def is_written_down(operator: Citizen, party: RelyingParty, site: Site) -> None:
    """Every step of the operator is in the audit, in this order, with a reason where it is a command."""
    rows = site.rows(
        "select action, object, sealed is not null from audit where actor = (select actor from audit "
        "where action = 'operator.enrol' limit 1) order by at"
    )
    steps = [
        "operator.enrol",
        "session.start",
        "client.registered",
        "citizen.search",
        "citizen.view",
        "account.suspend",
    ]
    assert [action for action, _, _ in rows if action in steps][: len(steps)] == steps
    assert all(sealed for action, _, sealed in rows if action != "operator.enrol")
    assert ("client.registered", f"client:{party.client_id}", True) in rows
    assert {str(action) for (action,) in site.rows("select distinct action from audit")} <= set(ACTIONS)
    within(lambda: site.rows("select 1 from audit where seq is null") == [])
    verified = subprocess.run(
        [sys.executable, "-m", "gapura", "audit", "verify"], env=site.environment, check=False
    )
    assert verified.returncode == 0
    operator.press("a[href='/admin/audit']")
    operator.photograph("audit")
    assert "account.suspend" in operator.reads()
    assert "Rangkaian utuh" in operator.reads()
