"""The sign-in page on a slow network: few requests, little on the wire, and nothing fetched twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession

from tests.journeys.citizen import Citizen
from tests.journeys.country import Country

pytestmark = pytest.mark.browser

MOST_BYTES, MOST_REQUESTS = 60 * 1024, 4


@dataclass
class Wire:
    """What the browser fetched, by the addresses; redirects are part of the way to a page, not of the page."""

    session: CDPSession
    sizes: dict[str, float] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    from_cache: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.session.on("Network.requestWillBeSent", self._asked)
        self.session.on("Network.requestServedFromCache", lambda told: self.from_cache.add(told["requestId"]))
        self.session.on("Network.responseReceived", self._answered)
        self.session.on("Network.loadingFinished", self._loaded)
        self.session.send("Network.enable")

    def _asked(self, told: dict[str, Any]) -> None:
        self.addresses[told["requestId"]] = told["request"]["url"]

    def _answered(self, told: dict[str, Any]) -> None:
        if told["response"].get("fromDiskCache"):
            self.from_cache.add(told["requestId"])

    def _loaded(self, told: dict[str, Any]) -> None:
        self.sizes[told["requestId"]] = told["encodedDataLength"]

    def fetched(self) -> dict[str, float]:
        """Address → bytes on the wire, headers included."""
        return {self.addresses[key]: size for key, size in self.sizes.items() if key not in self.from_cache}


def test_the_sign_in_page_is_light_and_comes_from_the_cache_the_second_time(
    country: Country, browser: Browser
) -> None:
    siti = Citizen.at(browser, "weight")
    wire = Wire(siti.context.new_cdp_session(siti.page))
    siti.open(f"{country.portals['tax']}/sign-in")
    siti.page.wait_for_load_state("networkidle")
    first = wire.fetched()
    assert siti.page.locator("#identifier").count() == 1
    assert len(first) <= MOST_REQUESTS, first
    assert sum(first.values()) <= MOST_BYTES, first
    wire.sizes.clear()
    siti.open(f"{country.portals['tax']}/sign-in")
    siti.page.wait_for_load_state("networkidle")
    assert [
        address for address in wire.fetched() if "/static/" in address and country.site.url in address
    ] == []
