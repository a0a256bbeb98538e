"""The scopes, one row each: what they stand for and the level of sign-in they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LOW = "urn:gapura:loa:low"
SUBSTANTIAL = "urn:gapura:loa:substantial"


@dataclass(frozen=True, slots=True)
class Scope:
    name: str
    attributes: tuple[str, ...] = ()
    minimum_acr: str = LOW


SCOPES: Mapping[str, Scope] = {
    row.name: row
    for row in (
        Scope("openid"),
        Scope("profile", ("name", "birthdate", "gender")),
        Scope("email", ("email",)),
        Scope("phone", ("phone",)),
        Scope("address", ("address",)),
        Scope("nik", ("nik",), SUBSTANTIAL),
        Scope("offline_access"),
    )
}


def attributes_of(scopes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for scope in scopes for name in SCOPES[scope].attributes))


def minimum_acrs(scopes: Iterable[str]) -> frozenset[str]:
    return frozenset(SCOPES[scope].minimum_acr for scope in scopes)


# The level belongs to the attribute: by whichever way it is asked for, it takes the level of its scope.
MINIMUM_ACR_OF: Mapping[str, str] = {
    name: scope.minimum_acr for scope in SCOPES.values() for name in scope.attributes
}
