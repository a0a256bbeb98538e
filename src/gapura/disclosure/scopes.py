"""The scopes, one row each, with the level of sign-in they need; which attributes they stand for, those rows say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gapura.disclosure.attributes import ATTRIBUTES
from gapura.values import LOW, SUBSTANTIAL


@dataclass(frozen=True, slots=True)
class Scope:
    name: str
    minimum_acr: str = LOW

    @property
    def attributes(self) -> tuple[str, ...]:
        return tuple(row.name for row in ATTRIBUTES.values() if row.scope == self.name)


SCOPES: Mapping[str, Scope] = {
    row.name: row
    for row in (
        Scope("openid"),
        Scope("profile"),
        Scope("email"),
        Scope("phone"),
        Scope("address"),
        Scope("nik", SUBSTANTIAL),
        Scope("offline_access"),
    )
}

# The level belongs to the attribute: by whichever way it is asked for, it takes the level of its scope.
MINIMUM_ACR_OF: Mapping[str, str] = {row.name: SCOPES[row.scope].minimum_acr for row in ATTRIBUTES.values()}


def attributes_of(scopes: Iterable[str]) -> tuple[str, ...]:
    wanted = frozenset(scopes)
    if not wanted:
        return ()
    return tuple(row.name for row in ATTRIBUTES.values() if row.scope in wanted)


def minimum_acrs(scopes: Iterable[str]) -> frozenset[str]:
    return frozenset(SCOPES[scope].minimum_acr for scope in scopes)
