"""Who sent a request: the peer, or what proxies of ours say of it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

Address = IPv4Address | IPv6Address


def client_address(scope: Scope, trusted: tuple[str, ...]) -> str:
    """The peer's address, or behind `trusted` ones the right-most entry that none of them is; "" when unknown.

    What stands left of that entry, its sender could have made up. Where an entry is no address, the nearest proxy
    that passed it on is all we know. Raises ValueError when one of `trusted` is neither address nor network.
    """
    peer = _address(scope["client"][0]) if scope.get("client") else None
    if peer is None:
        return ""
    networks = _networks(trusted)
    nearest = peer
    for entry in reversed(_forwarded(scope)):
        if not any(nearest in network for network in networks):
            break
        address = _address(entry)
        if address is None:
            break
        nearest = address
    return str(nearest)


def is_trusted_peer(scope: Scope, trusted: tuple[str, ...]) -> bool:
    """Whether the connection itself comes from one of `trusted`. Raises ValueError as `client_address`."""
    peer = _address(scope["client"][0]) if scope.get("client") else None
    return peer is not None and any(peer in network for network in _networks(trusted))


@lru_cache(maxsize=8)
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts)


def _forwarded(scope: Scope) -> list[str]:
    values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return b",".join(values).decode("latin-1").split(",") if values else []


@lru_cache(maxsize=1024)  # the same few proxies and many the same people
def _address(text: str) -> Address | None:
    """Some proxies add a port or brackets; an IPv4 address inside IPv6 is the IPv4 address."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
