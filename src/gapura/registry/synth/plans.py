"""What kind of household comes next: most are drawn, and in each hundred some are the odd cases of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gapura.identity.citizen import ADULT_AGE, MaritalStatus, Status
from gapura.registry.synth.draw import Draw, Weighted

CYCLE = 100  # households between one odd case and the next of its kind


@dataclass(frozen=True, slots=True)
class Plan:
    """`birthday_age`: one child has this age today to the day. `grandparent`: the age of the head's mother, or 0.

    `head_status` and `child_status` are of the head and the eldest child; the spouse of the widowed is DECEASED.
    """

    head: MaritalStatus
    head_age: int
    children: int
    twins: bool = False
    grandparent: int = 0
    birthday_age: int = 0
    single_name: bool = False
    long_name: bool = False
    leap_day: bool = False
    duplicate: bool = False
    head_status: Status = Status.ACTIVE
    child_status: Status = Status.ACTIVE


HEADS = Weighted(
    {
        MaritalStatus.MARRIED: 72.0,
        MaritalStatus.SINGLE: 12.0,
        MaritalStatus.WIDOWED: 9.0,
        MaritalStatus.DIVORCED: 7.0,
    }
)
CHILDREN = Weighted({0: 14.0, 1: 26.0, 2: 34.0, 3: 17.0, 4: 7.0, 5: 2.0})

# The household's number within its cycle → what is odd about it.
_FAMILY: Mapping[str, Any] = {"head": MaritalStatus.MARRIED, "head_age": 42}
ODD: Mapping[int, Mapping[str, Any]] = {
    1: {**_FAMILY, "twins": True, "children": 2},
    2: {"single_name": True},
    3: {"head": MaritalStatus.WIDOWED, "head_age": 58},
    4: {**_FAMILY, "head_age": 52, "children": 2, "child_status": Status.MOVED_ABROAD},
    5: {"duplicate": True},
    6: {**_FAMILY, "children": 2, "birthday_age": ADULT_AGE},
    7: {**_FAMILY, "children": 1, "birthday_age": ADULT_AGE - 1},
    8: {"long_name": True},
    9: {"head": MaritalStatus.SINGLE, "children": 0, "head_status": Status.REVOKED},
    10: {"leap_day": True},
    11: {"head": MaritalStatus.WIDOWED, "head_age": 68, "children": 1, "grandparent": 101},
    12: {"head": MaritalStatus.SINGLE, "children": 0, "head_age": 30, "head_status": Status.MOVED_ABROAD},
}


def plan(draw: Draw, number: int) -> Plan:
    """The plan of the `number`th household, counted from 0."""
    head = HEADS.pick(draw)
    drawn = Plan(
        head=head,
        head_age=_age(draw, head),
        children=0 if head is MaritalStatus.SINGLE else CHILDREN.pick(draw),
        twins=draw.chance(0.006),
        grandparent=draw.between(62, 88) if draw.chance(0.05) else 0,
        child_status=Status.MOVED_ABROAD if draw.chance(0.01) else Status.ACTIVE,
    )
    odd = ODD.get(number % CYCLE)
    return replace(drawn, **odd) if odd else drawn


def _age(draw: Draw, head: MaritalStatus) -> int:
    if head is MaritalStatus.SINGLE:
        return draw.between(21, 38)
    if head is MaritalStatus.WIDOWED:
        return draw.between(45, 84)
    return 24 + draw.below(24) + draw.below(24)
