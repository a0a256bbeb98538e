"""What is made for one client alone, and how it registered to get it: signed, encrypted, or both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from gapura.protocol.algorithms import DEFAULT_ENC, default_alg
from gapura.protocol.client import Client


class Kind(Enum):
    """By the beginning of the names of the metadata that say how it comes."""

    ID_TOKEN = "id_token"  # noqa: S105 -- no secret, a name
    USERINFO = "userinfo"
    AUTHORIZATION = "authorization"
    INTROSPECTION = "introspection"


class Protection(NamedTuple):
    """`signing_alg` is None where nothing is signed, `key_alg` where nothing is encrypted."""

    signing_alg: str | None
    key_alg: str | None
    enc: str


def protection_of(client: Client, kind: Kind) -> Protection:
    """As registered. Userinfo alone goes unsigned by default (OpenID Connect Registration §2, JARM §3, RFC 9701 §6)."""
    signing_alg, key_alg, enc = _REGISTERED[kind](client)
    if signing_alg is None and kind is not Kind.USERINFO:
        signing_alg = default_alg(client.profile)
    return Protection(signing_alg, key_alg, enc or DEFAULT_ENC)


def wants_jwt(client: Client, kind: Kind) -> bool:
    """Whether the client registered anything of this kind to come otherwise than as JSON."""
    signing_alg, key_alg, _ = _REGISTERED[kind](client)
    return signing_alg is not None or key_alg is not None


_Registered: TypeAlias = tuple[str | None, str | None, str | None]
_FIELDS = ("signed_response_alg", "encrypted_response_alg", "encrypted_response_enc")
_REGISTERED: Mapping[Kind, Callable[[Client], _Registered]] = MappingProxyType(
    {kind: attrgetter(*(f"{kind.value}_{field}" for field in _FIELDS)) for kind in Kind}
)
