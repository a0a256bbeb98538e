"""What portals of two hosts, each a sector of its own, hear of one session; black box."""

from __future__ import annotations

import base64
import re
import time
from collections import Counter
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gapura.protocol.grants import device_code
from gapura.values import Secret
from tests.drills.receiver import Receiver, claims_of, listening
from tests.site import Browser, RelyingParty, Site, run_site
from tests.site.browser import SITI
from tests.web.test_authorization_code import tokens
from tests.web.test_device import approved, begin, poll

PATIENCE = 30.0  # seconds; the receiver refuses the third message once
TAX, HEALTH = "https://pajak.example", "https://bpjs.example"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    receiver: Receiver,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    with run_site(
        module_database_url,
        module_redis_url,
        root_keys,
        tmp_path_factory.mktemp("site"),
        GAPURA_OUTBOUND_ALLOW=receiver.address,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def portals(site: Site, receiver: Receiver) -> list[RelyingParty]:
    """Two apps of one host, and one of another."""
    return [
        RelyingParty.register(
            site.url,
            redirect_uris=[f"{home}/callback"],
            post_logout_redirect_uris=[f"{home}/bye"],
            backchannel_logout_uri=receiver.uri,
            frontchannel_logout_uri=f"{home}/front",
        )
        for home in (TAX, TAX, HEALTH)
    ]


def id_tokens(browser: Browser, portals: list[RelyingParty], **given: Any) -> list[str]:
    return [str(tokens(browser, portal, **given)["id_token"]) for portal in portals]


def sids(id_tokens: list[str]) -> list[str]:
    return [claims_of(one)["sid"] for one in id_tokens]


def is_signed_in(browser: Browser, portal: RelyingParty) -> bool:
    browser.open(portal.authorize_url(prompt="none"))
    return "code" in browser.answer()


def test_portals_of_two_hosts_can_not_match_their_sessions(
    site: Site, browser: Browser, portals: list[RelyingParty]
) -> None:
    tax, tax_too, health = sids(id_tokens(browser, portals))
    assert tax == tax_too != health
    assert sids(id_tokens(browser, portals)) == [tax, tax_too, health]
    ids = {str(row[0]) for row in site.rows("select id from session")}
    assert ids.isdisjoint({tax, health})
    another = sids(id_tokens(Browser(site.url), portals))
    assert set(another).isdisjoint({tax, health})


def test_each_portal_hears_of_the_end_under_the_name_it_knows(
    browser: Browser, portals: list[RelyingParty], receiver: Receiver
) -> None:
    hints = id_tokens(browser, portals)
    known = {portal.client_id: sid for portal, sid in zip(portals, sids(hints), strict=True)}
    browser.open(f"/logout?id_token_hint={hints[0]}")
    frames = [urlsplit(unescape(found)) for found in re.findall(r'<iframe src="([^"]+)"', browser.page.text)]
    shown = Counter((frame.netloc, parse_qs(frame.query)["sid"][0]) for frame in frames)
    homes = (urlsplit(TAX).netloc, urlsplit(TAX).netloc, urlsplit(HEALTH).netloc)
    assert shown == Counter(zip(homes, sids(hints), strict=True))

    deadline, ours = time.monotonic() + PATIENCE, set(known.values())
    while True:
        told = [claims for claims in list(receiver.told) if claims["sid"] in ours]
        if {claims["aud"] for claims in told if claims["jti"] in receiver.taken} == known.keys():
            break
        assert time.monotonic() < deadline, f"heard {told}"
        time.sleep(0.1)
    assert {claims["aud"]: claims["sid"] for claims in told} == known
    assert len(told) > len({claims["jti"] for claims in told}) == len(known)  # one came again, as it was


def test_without_a_session_in_the_browser_a_hint_ends_its_own_session_and_no_other(
    site: Site, portals: list[RelyingParty]
) -> None:
    here, there, elsewhere = (Browser(site.url) for _ in range(3))
    tax, _, health = portals
    of_here = id_tokens(here, [tax, health])
    of_there = id_tokens(there, [tax, health])
    id_tokens(elsewhere, [tax], who=SITI)
    for hint, home in ((of_here[1], HEALTH), (of_there[0], TAX)):
        stranger = Browser(site.url)
        stranger.open(f"/logout?id_token_hint={hint}&post_logout_redirect_uri={home}/bye")
        assert stranger.left_for == f"{home}/bye"
        assert not is_signed_in(here, tax)
        assert is_signed_in(there, tax) is (hint == of_here[1])
    assert is_signed_in(elsewhere, tax)
    assert is_signed_in(there, tax) is False


def test_another_sessions_hint_asks_first_and_then_ends_the_session_that_is_here(
    site: Site, portals: list[RelyingParty]
) -> None:
    here, there = Browser(site.url), Browser(site.url)
    tax, _, health = portals
    id_tokens(here, [tax])
    (foreign,) = id_tokens(there, [health])
    here.open(f"/logout?id_token_hint={foreign}")
    assert 'value="allow"' in here.page.text
    here.submit(decision="allow")
    assert not is_signed_in(here, tax)
    assert is_signed_in(there, health)


def test_whichever_way_it_comes_an_id_token_has_the_name_of_the_session(
    site: Site, browser: Browser, portals: list[RelyingParty]
) -> None:
    """With the code, after a refresh, beside the code, and on a device that the person approves."""
    first = tokens(browser, portals[0], scope="openid offline_access", prompt="consent")
    came = [first["id_token"], portals[0].refresh(first["refresh_token"]).json()["id_token"]]

    hybrid = RelyingParty.register(
        site.url,
        redirect_uris=[f"{TAX}/callback"],
        response_types=["code id_token"],
        grant_types=["authorization_code", "implicit"],
    )
    browser.open(hybrid.authorize_url("openid", response_type="code id_token"))
    browser.agree()
    answer = parse_qs(urlsplit(browser.left_for or "").fragment)
    came += [answer["id_token"][0], hybrid.redeem(answer["code"][0]).json()["id_token"]]

    tv = RelyingParty.register(site.url, redirect_uris=[f"{TAX}/callback"], grant_types=[device_code.NAME])
    begun = begin(tv, "openid")
    approved(browser, begun)
    came.append(poll(tv, begun)[1]["id_token"])
    assert set(sids(came)) == {claims_of(first["id_token"])["sid"]}


def test_a_restart_with_a_new_root_key_changes_no_name_of_a_session_that_goes_on(
    site: Site, browser: Browser, portals: list[RelyingParty], root_keys: Secret
) -> None:
    before = id_tokens(browser, portals)
    site.stop()
    newer = f"{root_keys.reveal()},3:{base64.b64encode(bytes([3]) * 32).decode()}"
    site.environment["GAPURA_ROOT_KEYS"] = newer
    site.start()
    site.start_worker()
    assert sids(id_tokens(browser, portals)) == sids(before)
    stranger = Browser(site.url)
    stranger.open(f"/logout?id_token_hint={before[2]}")
    assert not is_signed_in(browser, portals[0])
