"""Whose address counts (decision 12): nothing that a stranger writes."""

from __future__ import annotations

import pytest

from gapura.web.client_address import client_address

PROXIES = ("10.0.0.0/8", "192.0.2.7", "fd00::/8")
CASES = {
    "no-proxy": ("203.0.113.5", [], "203.0.113.5"),
    "a-stranger-claims": ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
    "behind-a-proxy": ("10.1.1.1", ["198.51.100.1"], "198.51.100.1"),
    "the-right-most-untrusted": ("10.1.1.1", ["1.1.1.1, 198.51.100.1, 10.2.2.2"], "198.51.100.1"),
    "over-several-headers": ("10.1.1.1", ["1.1.1.1", "198.51.100.1, 192.0.2.7"], "198.51.100.1"),
    "proxies-alone": ("10.1.1.1", ["10.2.2.2, 10.3.3.3"], "10.2.2.2"),
    "a-proxy-without-the-header": ("10.1.1.1", [], "10.1.1.1"),
    "no-address": ("10.1.1.1", ["198.51.100.1, unknown, 10.2.2.2"], "10.2.2.2"),
    "empty-entry": ("10.1.1.1", ["198.51.100.1, "], "10.1.1.1"),
    "with-a-port": ("10.1.1.1", ["198.51.100.1:4711"], "198.51.100.1"),
    "IPv6-in-brackets": ("fd00::1", ["[2001:db8::5]:443"], "2001:db8::5"),
    "IPv4-in-IPv6": ("::ffff:10.1.1.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
    "bad-bytes": ("10.1.1.1", ["\xff\xfe"], "10.1.1.1"),
}


@pytest.mark.parametrize(("peer", "headers", "address"), CASES.values(), ids=CASES.keys())
def test_the_address_is_the_nearest_that_no_proxy_of_ours_has(
    peer: str, headers: list[str], address: str
) -> None:
    raw = [(b"x-forwarded-for", value.encode("latin-1")) for value in headers]
    assert client_address({"client": (peer, 1), "headers": raw}, PROXIES) == address


def test_nobody_is_trusted_by_default() -> None:
    scope = {"client": ("127.0.0.1", 1), "headers": [(b"x-forwarded-for", b"198.51.100.1")]}
    assert client_address(scope, ()) == "127.0.0.1"


def test_a_unix_socket_has_no_address() -> None:
    assert client_address({"client": None, "headers": []}, PROXIES) == ""
