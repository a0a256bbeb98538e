"""What may be used once is used once, whichever of four workers are asked in the same moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from gapura.identity.factors.totp import code_of, step_at
from gapura.values import Secret
from tests.drills.lines import Answer, line_to_each_worker, volley
from tests.drills.requests import (
    code_request,
    form_request,
    introspection,
    page_request,
    refresh_request,
    userinfo_request,
)
from tests.drills.sizes import short_and_long
from tests.site import Browser, RelyingParty, Site
from tests.site.browser import PASSWORD, SITI, TOTP_SECRET

ROUNDS = short_and_long(3, 20)
OFFLINE = "openid profile offline_access"


def statuses(answers: Iterable[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def signed_in(site: Site, party: RelyingParty, scope: str = "openid profile", **params: str) -> Browser:
    """A browser that was sent back to the client with a code."""
    browser = Browser(site.url)
    browser.open(party.authorize_url(scope, **params))
    browser.sign_in()
    if browser.left_for is None:
        browser.agree()
    return browser


@pytest.mark.parametrize("rounds", ROUNDS)
def test_of_fifty_redemptions_of_a_code_one_succeeds_and_the_replay_kills_it(
    site: Site, party: RelyingParty, rounds: int
) -> None:
    for _ in range(rounds):
        code = signed_in(site, party, OFFLINE, prompt="consent").answer()["code"]
        answers = volley(site.url, [code_request(party, code)] * 50)
        assert statuses(answers) == {200: 1, 400: 49}
        assert {answer.json()["error"] for answer in answers if answer.status == 400} == {"invalid_grant"}
        [won] = [answer.json() for answer in answers if answer.status == 200]
        assert party.introspect(won["access_token"]) == {"active": False}
        assert party.userinfo(won["access_token"]).status_code == 401
        assert party.refresh(won["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("rounds", ROUNDS)
def test_of_twenty_browsers_with_one_totp_code_one_gets_in(
    site: Site, party: RelyingParty, rounds: int
) -> None:
    browsers = [Browser(site.url) for _ in range(20)]
    for _ in range(rounds):
        # Nineteen wrong codes lock: each round begins as if it was the person's first sign-in of the day.
        site.rows("update credential set last_step = null where kind = 'totp'")
        site.rows("delete from throttle")
        for browser in browsers:
            browser.http.cookies.clear()
            browser.open(party.authorize_url("openid"))
            browser.submit(identifier=SITI, password=PASSWORD)
            assert browser.step == "second_factor"
        code = code_of(Secret(TOTP_SECRET), step_at(datetime.now(UTC)))
        answers = volley(site.url, [form_request(browser, otp=code) for browser in browsers])
        counted = statuses(answers)
        assert counted[303] == 1
        assert counted.keys() <= {303, 422, 429}


@pytest.mark.parametrize("rounds", ROUNDS)
def test_fifty_refreshes_of_one_token_get_one_successor(site: Site, party: RelyingParty, rounds: int) -> None:
    code = signed_in(site, party, OFFLINE, prompt="consent").answer()["code"]
    token = party.redeem(code).json()["refresh_token"]
    for _ in range(rounds):
        answers = volley(site.url, [refresh_request(party, token)] * 50)
        assert statuses(answers) == {200: 50}
        [successor] = {answer.json()["refresh_token"] for answer in answers}
        assert successor != token
        token = successor


@pytest.mark.parametrize("rounds", ROUNDS)
def test_families_refreshed_in_parallel_do_not_get_into_each_others_way(
    site: Site, party: RelyingParty, rounds: int
) -> None:
    codes = [signed_in(site, party, OFFLINE, prompt="consent").answer()["code"] for _ in range(4)]
    tokens = [party.redeem(code).json()["refresh_token"] for code in codes]
    for _ in range(rounds):
        mixed = [refresh_request(party, token) for n in range(12) for token in _turned(tokens, n)]
        answers = volley(site.url, mixed)
        assert statuses(answers) == {200: 48}
        successors = Counter(answer.json()["refresh_token"] for answer in answers)
        assert sorted(successors.values()) == [12, 12, 12, 12]
        tokens = list(successors)


def _turned(tokens: list[str], by: int) -> list[str]:
    """Another order each time: rows locked in different orders would wait for one another."""
    turned = tokens[by % len(tokens) :] + tokens[: by % len(tokens)]
    return turned if by % 2 else turned[::-1]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_of_twenty_submits_of_one_consent_form_one_gives_a_code(
    site: Site, party: RelyingParty, rounds: int
) -> None:
    browser = signed_in(site, party)
    for _ in range(rounds):
        browser.open(party.authorize_url(prompt="consent"))
        assert browser.step == "consent"
        answers = volley(site.url, [form_request(browser, decision="allow")] * 20)
        codes = [answer for answer in answers if "code=" in answer.headers.get("location", "")]
        assert len(codes) == 1
        assert all(answer.status < 500 for answer in answers), statuses(answers)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_withdrawal_leaves_nothing_behind_that_begins_in_the_same_moment(site: Site, rounds: int) -> None:
    party = RelyingParty.register(site.url)
    for _ in range(rounds):
        browser = signed_in(site, party)
        silent = [page_request(browser, party.authorize_url(prompt="none")) for _ in range(10)]
        browser.open(f"/account/agencies/{party.client_id}/withdraw")
        answers = volley(site.url, [*silent[:5], form_request(browser, decision="allow"), *silent[5:]])
        assert statuses(answers) == {303: 11}
        assert site.rows(
            "select count(*) from grants where client_id = %s and revoked_at is null", party.client_id
        ) == [(0,)]


def test_every_worker_knows_at_once_what_has_ended(site: Site, party: RelyingParty) -> None:
    token = party.redeem(signed_in(site, party).answer()["code"]).json()["access_token"]
    with line_to_each_worker(site) as lines:
        for line in lines.values():
            assert line.ask(userinfo_request(party, token)).status == 200
        party.http.post(f"{site.url}/revoke", data={"token": token}, auth=party.auth)
        for line in lines.values():
            assert line.ask(userinfo_request(party, token)).status == 401
            assert line.ask(introspection(party, token)).json() == {"active": False}
