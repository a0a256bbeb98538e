"""Clients that prove themselves by the certificate of their connection (RFC 8705 §2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from types import MappingProxyType
from typing import TypeAlias

from gapura.protocol.client import Client
from gapura.protocol.presented import Certificate

SUBJECT_DN = "tls_client_auth_subject_dn"

DistinguishedName: TypeAlias = tuple[frozenset[tuple[str, str]], ...]
"""Its parts from the most to the least specific, each with its types and values as they compare."""

# RFC 4514 §3, and the names that tools write besides
_TYPES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.97": "ORGANIZATIONIDENTIFIER",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "EMAILADDRESS",
    "S": "ST",
    "E": "EMAILADDRESS",
    "EMAIL": "EMAILADDRESS",
}
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|(?:OID\.)?[0-9]+(?:\.[0-9]+)+")
_PART = re.compile(r"(?:[^\\,;+]|\\.)+", re.DOTALL)
_ESCAPED = re.compile(r"(?:\\[0-9A-Fa-f]{2})+|\\(.)", re.DOTALL)


def distinguished_name(text: str) -> DistinguishedName:
    """Read what RFC 4514 writes, so that two spellings of one name are equal. Raises ValueError."""
    parts: list[frozenset[tuple[str, str]]] = []
    at, joined = 0, False
    while at < len(text):
        found = _PART.match(text, at)
        if found is None or text[found.end() : found.end() + 1] == "\\":
            raise ValueError("is no distinguished name")
        pair = _attribute(found[0])
        if joined:
            parts[-1] |= {pair}
        else:
            parts.append(frozenset({pair}))
        at = found.end()
        joined = text[at : at + 1] == "+"
        at += 1
    if not parts or joined or text[-1] in ",;":
        raise ValueError("is no distinguished name")
    return tuple(parts)


def _attribute(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not _TYPE.fullmatch(name):
        raise ValueError("is no distinguished name")
    kind = name.upper().removeprefix("OID.")
    return _TYPES.get(kind, kind), _prepared(value)


def _prepared(value: str) -> str:
    """RFC 4518: blanks at the ends and repeated ones do not count, nor does case."""
    value = value.strip()
    if value.startswith('"') and value.endswith('"'):
        value = value[1:-1]
    return " ".join(_ESCAPED.sub(_unescaped, value).split()).casefold()


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is not None:
        return found[1]
    return bytes.fromhex(found[0].replace("\\", "")).decode("utf-8", "replace")


def _by_subject(registered: str, certificate: Certificate) -> bool:
    try:
        return distinguished_name(registered) == distinguished_name(certificate.subject_dn)
    except ValueError:
        return False


def _by_dns(registered: str, certificate: Certificate) -> bool:
    return registered.lower() in map(str.lower, certificate.names.get("dns", ()))


def _by_uri(registered: str, certificate: Certificate) -> bool:
    return registered in certificate.names.get("uri", ())


def _by_ip(registered: str, certificate: Certificate) -> bool:
    try:
        wanted = ip_address(registered)
    except ValueError:
        return False
    return wanted in map(ip_address, certificate.names.get("ip", ()))


def _by_email(registered: str, certificate: Certificate) -> bool:
    """The part before the @ may tell cases apart (RFC 5280 §7.5)."""
    local, _, host = registered.rpartition("@")
    mine = (name.rpartition("@") for name in certificate.names.get("email", ()))
    return any((local, host.lower()) == (theirs, where.lower()) for theirs, _, where in mine)


Matches: TypeAlias = Callable[[str, Certificate], bool]

# RFC 8705 §2.1.2: how a client says which certificate of a trusted authority is its own; it registers exactly one.
SUBJECTS: Mapping[str, Matches] = MappingProxyType(
    {
        SUBJECT_DN: _by_subject,
        "tls_client_auth_san_dns": _by_dns,
        "tls_client_auth_san_uri": _by_uri,
        "tls_client_auth_san_ip": _by_ip,
        "tls_client_auth_san_email": _by_email,
    }
)


def is_registered_subject(client: Client, certificate: Certificate) -> bool:
    registered = [(getattr(client, name), matches) for name, matches in SUBJECTS.items()]
    told = [matches(value, certificate) for value, matches in registered if value is not None]
    return told == [True]
