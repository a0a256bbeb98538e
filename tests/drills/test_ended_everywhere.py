"""Whoever ends a person's, a client's or a consent's standing ends it on every worker within 5 s."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.desk import PASSWORD, REASON, TOTP, OperatorBrowser
from tests.drills.lines import Line, line_to_each_worker
from tests.drills.people import Made, anybody, bring, bring_operator
from tests.drills.requests import introspection, page_request, refresh_request, userinfo_request
from tests.site import Browser, RelyingParty, Site

WITHIN = 5.0


@pytest.fixture(scope="module")
def people(site: Site) -> list[Made]:
    made = [anybody(number) for number in range(10, 15)]
    bring(site.settings, made)
    return made


@pytest.fixture(scope="module")
def administrator(site: Site) -> OperatorBrowser:
    bring_operator(site.settings, "administrator", PASSWORD, TOTP)
    browser = OperatorBrowser(site, "administrator")
    browser.sign_in("/admin")
    return browser


class Holding:
    """A person who is signed in, and what a client holds of them."""

    def __init__(self, site: Site, person: Made) -> None:
        self.person = person
        self.party = RelyingParty.register(site.url)
        self.browser = Browser(site.url)
        self.browser.open(self.party.authorize_url("openid profile offline_access", prompt="consent"))
        self.browser.submit(identifier=person.nik, password=person.password)
        self.browser.agree()
        self.tokens: dict[str, Any] = self.party.redeem(self.browser.answer()["code"]).json()

    def is_alive(self, line: Line) -> bool:
        answer = line.ask(userinfo_request(self.party, self.tokens["access_token"]))
        return answer.status == 200

    def is_dead(self, line: Line) -> bool:
        """Tokens first; the refresh token is asked for last, since asking would give another."""
        if self.is_alive(line):
            return False
        found = line.ask(introspection(self.party, self.tokens["access_token"]))
        if found.status == 200 and found.json() != {"active": False}:
            return False
        refused = line.ask(refresh_request(self.party, self.tokens["refresh_token"]))
        return refused.json().get("error") in {"invalid_grant", "invalid_client"}

    def is_out(self, line: Line) -> bool:
        answer = line.ask(page_request(self.browser, "/account"))
        return answer.status == 303 and answer.headers["location"].startswith("/interaction/")


def everywhere(site: Site, act: Callable[[], object], *dead: Callable[[Line], bool]) -> None:
    """After `act` all that `dead` says is so on each worker, soon."""
    with line_to_each_worker(site) as lines:
        act()
        deadline = time.monotonic() + WITHIN
        for line in lines.values():
            for holds in dead:
                while not holds(line):
                    assert time.monotonic() < deadline, holds
                    time.sleep(0.05)


def test_a_suspended_person_is_out(site: Site, people: list[Made], administrator: OperatorBrowser) -> None:
    held = Holding(site, people[0])
    administrator.open("/admin/citizens")
    page = administrator.submit(nik=held.person.nik, reason=REASON)
    found = re.search(r'href="(/admin/citizens/[0-9a-f-]{36})"', page.text)
    assert found is not None
    administrator.sign_in_again()
    administrator.open(f"{found[1]}/suspend")

    everywhere(site, lambda: administrator.submit(reason=REASON), held.is_dead, held.is_out)
    again = Browser(site.url)
    again.open(held.party.authorize_url())
    assert again.submit(identifier=held.person.nik, password=held.person.password).status_code == 422


def test_a_withdrawn_consent_ends_what_stood_on_it(site: Site, people: list[Made]) -> None:
    held, other = Holding(site, people[1]), Holding(site, people[1])
    held.browser.open(f"/account/agencies/{held.party.client_id}/withdraw")
    everywhere(site, lambda: held.browser.submit(decision="allow"), held.is_dead)
    assert held.browser.open("/account").status_code == 200  # still signed in
    assert other.party.userinfo(other.tokens["access_token"]).status_code == 200


def test_a_disabled_client_gets_nothing_more(
    site: Site, people: list[Made], administrator: OperatorBrowser
) -> None:
    held = Holding(site, people[2])
    administrator.sign_in_again()
    administrator.open(f"/admin/clients/{held.party.client_id}/disable")

    def is_refused(line: Line) -> bool:
        asked = line.ask(page_request(held.browser, held.party.authorize_url()))
        return asked.status == 400 and "location" not in asked.headers

    everywhere(site, lambda: administrator.submit(reason=REASON), held.is_dead, is_refused)
    # A grant that began on a worker which did not know of it yet doesn't wait for better times.
    site.rows("update grants set revoked_at = null where client_id = %s", held.party.client_id)
    administrator.open(f"/admin/clients/{held.party.client_id}/enable")
    assert administrator.submit(reason=REASON).status_code == 200
    time.sleep(0.5)
    assert held.party.refresh(held.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    held.browser.open(held.party.authorize_url("openid"))
    assert "code" in held.browser.answer()


def test_who_signs_out_is_out(site: Site, people: list[Made]) -> None:
    held = Holding(site, people[3])
    leaves = f"/logout?id_token_hint={held.tokens['id_token']}"
    everywhere(site, lambda: Browser.open(_same(held.browser), leaves), held.is_out)
    # Decision 2: offline access ends with revocation or withdrawal, not with the browser's session.
    assert held.party.refresh(held.tokens["refresh_token"]).status_code == 200


def test_a_client_that_goes_takes_its_tokens_with_it(site: Site, people: list[Made]) -> None:
    held = Holding(site, people[4])
    registration = held.party.registration
    remove = {"Authorization": f"Bearer {registration['registration_access_token']}"}
    everywhere(
        site,
        lambda: held.party.http.delete(registration["registration_client_uri"], headers=remove),
        held.is_dead,
    )


def _same(browser: Browser) -> Browser:
    """Another window with the same cookies: the first one keeps what the answer would take away."""
    window = Browser(browser.origin)
    window.http.cookies.update(browser.http.cookies)
    return window
