"""The levels of assurance, one ladder: what a sign-in proved, and what a person could prove."""

from __future__ import annotations

from collections.abc import Iterable

from gapura.identity.factors import MULTIPLE
from gapura.identity.person import Person
from gapura.values import HIGH, LOW, SUBSTANTIAL

LEVELS = (LOW, SUBSTANTIAL, HIGH)
REACHABLE = (LOW, SUBSTANTIAL)
"""What a sign-in can reach by the factors that there are; no more is offered."""
_RANK = {acr: rank for rank, acr in enumerate(LEVELS)}


def acr_of(amr: Iterable[str]) -> str:
    """The level that a sign-in by these methods reached.

    `high`, which is not in `REACHABLE`, takes a phishing-resistant factor and a proofing, and none of the factors is one.
    """
    return SUBSTANTIAL if MULTIPLE in amr else LOW


def reaches(acr: str, wanted: str) -> bool:
    """Whether `acr` is `wanted` or above; what is no level is reached by none."""
    return acr in _RANK and wanted in _RANK and _RANK[acr] >= _RANK[wanted]


def highest_within_reach(person: Person) -> str:
    return SUBSTANTIAL if person.factors else LOW


def best_reachable(person: Person, acrs: Iterable[str]) -> str | None:
    """The best of these levels that this person can reach; None when there is none."""
    top = highest_within_reach(person)
    return max((acr for acr in acrs if reaches(top, acr)), key=_RANK.__getitem__, default=None)


def lowest_known(acrs: Iterable[str]) -> str | None:
    """The least that satisfies a request for any one of these; None for an empty request.

    When no value is a level of ours the answer is one of them all the same: nobody reaches it, so an essential `acr`
    that is unknown here fails instead of being passed over (OpenID Connect Core §5.5.1.1).
    """
    asked = tuple(acrs)
    return min((acr for acr in asked if acr in _RANK), key=_RANK.__getitem__, default=next(iter(asked), None))
