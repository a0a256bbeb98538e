"""What an agency may be allowed beside receiving data, one type each (RFC 9396 §2), with what a request must say of it.

Every element of a type is required: so the words of the consent page say all, and less than was agreed to can be told from
something else. Labels of types, elements and values stand in `web/labels.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from gapura.disclosure.attributes import ATTRIBUTES
from gapura.disclosure.scopes import MINIMUM_ACR_OF
from gapura.values import LOW, SUBSTANTIAL

Detail: TypeAlias = Mapping[str, Any]
Details: TypeAlias = tuple[Detail, ...]

TYPE = "type"
DATATYPES = "datatypes"  # which attributes of the citizen it is about
_REFERENCE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ./-]{0,38}[A-Za-z0-9])?")
_NIK = re.compile(r"[0-9](?:[ ./-]*[0-9]){15}")
_YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Element:
    """`read` gives the value to keep, or raises ValueError with what is wrong.

    `labels` is the table of `web/labels.py` that its values have; "" where they are shown as they are.
    """

    name: str
    read: Callable[[object], object]
    labels: str = ""
    values: tuple[str, ...] = ()


def _some(name: str, labels: str, values: Iterable[str]) -> Element:
    """A list of at least one of `values`, kept in their order."""
    known = tuple(values)

    def read(value: object) -> list[str]:
        if not isinstance(value, list) or not value or not all(one in known for one in value):
            raise ValueError(f"{name} is no list of {', '.join(known)}")
        return [one for one in known if one in value]

    return Element(name, read, labels, known)


def _one(name: str, labels: str, values: Iterable[str]) -> Element:
    known = tuple(values)

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"{name} is none of {', '.join(known)}")
        return value

    return Element(name, read, labels, known)


def _reference(value: object) -> str:
    """The number of a case: it is shown and kept, and never that of a person."""
    if not isinstance(value, str) or not _REFERENCE.fullmatch(value) or _NIK.search(value):
        raise ValueError("reference is no file number of at most 40 characters")
    return value


def _year(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in _YEARS:
        raise ValueError("tax_year is no year")
    return value


@dataclass(frozen=True, slots=True)
class DetailType:
    """`minimum_acr` is the level of sign-in it takes at least."""

    name: str
    elements: tuple[Element, ...]
    minimum_acr: str = SUBSTANTIAL

    def read(self, detail: Detail) -> dict[str, object]:
        """The same with each value in its one form. Raises ValueError (RFC 9396 §5: nothing unknown, nothing missing)."""
        names = [element.name for element in self.elements]
        if detail.keys() != {TYPE, *names}:
            raise ValueError(f"{self.name} takes {', '.join(names)}")
        return {TYPE: self.name} | {one.name: one.read(detail[one.name]) for one in self.elements}


DETAIL_TYPES: Mapping[str, DetailType] = MappingProxyType(
    {
        row.name: row
        for row in (
            # An officer looks a citizen up while their case is open; it takes the level of the data.
            DetailType(
                "citizen_data",
                (_some(DATATYPES, "attribute", ATTRIBUTES), Element("reference", _reference)),
                LOW,
            ),
            DetailType(
                "tax_return",
                (_some("actions", "detail_action", ("prepare", "submit")), Element("tax_year", _year)),
            ),
            DetailType(
                "social_security",
                (
                    _some("actions", "detail_action", ("read", "enrol", "update")),
                    _one("program", "detail_program", ("health", "employment")),
                ),
            ),
        )
    }
)


def is_within(asked: Detail, agreed: Iterable[Detail]) -> bool:
    """Whether one of `agreed` allows all of `asked`: the same elements, of lists the same or fewer values."""
    return any(_is_less(asked, one) for one in agreed)


def _is_less(asked: Detail, agreed: Detail) -> bool:
    return asked.keys() == agreed.keys() and all(_fits(asked[name], agreed[name]) for name in asked)


def _fits(asked: object, agreed: object) -> bool:
    if isinstance(asked, list) and isinstance(agreed, list):
        return set(asked).issubset(agreed)
    return asked == agreed


def attributes_in(details: Iterable[Detail]) -> frozenset[str]:
    """The attributes of the citizen that they are about."""
    return frozenset(name for detail in details for name in detail.get(DATATYPES, ()))


def levels_of(detail: Detail) -> frozenset[str]:
    """Those of sign-in that it takes: of its type, and of the data that it is about."""
    return frozenset({DETAIL_TYPES[detail[TYPE]].minimum_acr}) | {
        MINIMUM_ACR_OF[name] for name in attributes_in((detail,))
    }


@dataclass(frozen=True, slots=True)
class KnownDetails:
    """The table as the protocol's rules take it (`protocol.authorization_details.DetailRules`)."""

    types: Mapping[str, DetailType]

    def read(self, detail: Detail) -> Detail:
        """Raises KeyError for a type that doesn't exist, ValueError for what is wrong with one that does."""
        return self.types[detail[TYPE]].read(detail)

    def is_within(self, asked: Detail, agreed: Iterable[Detail]) -> bool:
        return is_within(asked, agreed)


KNOWN_DETAILS = KnownDetails(DETAIL_TYPES)
