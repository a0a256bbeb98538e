"""How clients learn that somebody has left (OpenID Connect Back-Channel and Front-Channel Logout)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.conformance.advertised.house import Driver, House
from tests.conformance.key_party import KeyParty, signed_in
from tests.site import Browser

PATIENCE = 15.0  # seconds


def _left(house: House, **metadata: Any) -> tuple[KeyParty, str, Browser]:
    """A client whose person has signed in and out; the sid that its ID token had."""
    party, browser = house.party(**metadata), Browser(house.site.url)
    got = party.redeem(signed_in(browser, party.authorize_url("openid"))["code"]).json()
    browser.open(f"/logout?id_token_hint={got['id_token']}")
    if 'name="decision"' in browser.page.text:
        browser.submit(decision="allow")
    return party, str(house.judged(got["id_token"], "ES256")["sid"]), browser


def by_backchannel(house: House, is_supported: bool, *, with_sid: bool) -> None:
    assert is_supported
    path = f"/keluar-{with_sid}"
    party, sid, _ = _left(
        house,
        backchannel_logout_uri=house.suite.url + path,
        backchannel_logout_session_required=with_sid,
    )
    deadline = time.monotonic() + PATIENCE
    while not (came := [body for where, body in house.suite.posted if where == path]):
        assert time.monotonic() < deadline, "no logout token came"
        time.sleep(0.05)
    claims = house.judged(parse_qs(came[0])["logout_token"][0], "ES256")
    assert claims["aud"] == party.client_id
    if with_sid:
        assert claims["sid"] == sid


def by_frontchannel(house: House, is_supported: bool, *, with_sid: bool) -> None:
    assert is_supported
    address = "https://rp.example/keluar"
    _, sid, browser = _left(
        house, frontchannel_logout_uri=address, frontchannel_logout_session_required=with_sid
    )
    (source,) = re.findall(r'<iframe[^>]* src="([^"]+)"', browser.page.text)
    parts = urlsplit(unescape(source))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == address
    told = {"iss": [house.metadata["issuer"]], "sid": [sid]}
    assert parse_qs(parts.query) in ((told,) if with_sid else (told, {}))


DRIVERS: Mapping[str, Driver] = {
    "backchannel_logout_supported": partial(by_backchannel, with_sid=False),
    "backchannel_logout_session_supported": partial(by_backchannel, with_sid=True),
    "frontchannel_logout_supported": partial(by_frontchannel, with_sid=False),
    "frontchannel_logout_session_supported": partial(by_frontchannel, with_sid=True),
}
