"""Which addresses we call on a stranger's word: public ones alone, whatever form they come in."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# Beside what `ipaddress` calls not global (IANA's special-purpose registries), and what Python 3.11 takes for global.
NEVER = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # IETF protocol assignments
            "192.88.99.0/24",  # 6to4 relays (RFC 7526)
            "168.63.129.16/32",  # a cloud's host agent at a public address
            "2001::/23",  # Teredo, ORCHID and other assignments
            "2002::/16",  # 6to4: any IPv4 address, private ones too, stands in it
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
UNICAST = ip_network("2000::/3")  # all of IPv6 that is routed among strangers
NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: the way to IPv4 in networks that have IPv6 alone


def is_public(text: str) -> bool:
    """Whether a numeric address, as the resolver gives it, is out there and not in here."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        embedded = address.ipv4_mapped or _translated(address)
        if embedded is not None:
            return is_public(str(embedded))
        if address.scope_id is not None or address not in UNICAST:
            return False
    return address.is_global and not address.is_multicast and not any(address in net for net in NEVER)


def _translated(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None
