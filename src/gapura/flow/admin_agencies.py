"""Agencies and their purposes, as an operator adds them. A purpose never changes: a new text is a new version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gapura.disclosure.attributes import ATTRIBUTES
from gapura.disclosure.purposes import LEGAL_BASES
from gapura.flow.order import Order
from gapura.values import AgencyId

ID = re.compile(r"[a-z][a-z0-9-]{1,39}")
LONGEST_NAME, LONGEST_TEXT = 200, 2000
MOST_DAYS = 100 * 365


@dataclass(frozen=True, slots=True)
class AgencyDraft:
    """What was typed; names by language."""

    id: str
    names: Mapping[str, str]

    def faults(self) -> dict[str, str]:
        """A code of `web/phrases.py` for each field that is wrong."""
        found = {f"name_{language}": "missing" for language, name in self.names.items() if not name}
        found |= {
            f"name_{language}": "text_long"
            for language, name in self.names.items()
            if len(name) > LONGEST_NAME
        }
        return found if ID.fullmatch(self.id) else {"id": "short_name", **found}


@dataclass(frozen=True, slots=True)
class PurposeDraft:
    """What was typed; titles and texts by language, attributes of `disclosure/attributes.py`."""

    code: str
    titles: Mapping[str, str]
    texts: Mapping[str, str]
    legal_basis: str
    law: str
    retention_days: str
    essential: tuple[str, ...]
    voluntary: tuple[str, ...]

    @property
    def days(self) -> int:
        text = self.retention_days
        return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(MOST_DAYS)) + 1 else 0

    def faults(self) -> dict[str, str]:
        """A code of `web/phrases.py` for each field that is wrong."""
        texts = {"law": (self.law, LONGEST_NAME)}
        texts |= {f"title_{language}": (text, LONGEST_NAME) for language, text in self.titles.items()}
        texts |= {f"text_{language}": (text, LONGEST_TEXT) for language, text in self.texts.items()}
        found = {name: "missing" for name, (text, _) in texts.items() if not text}
        found |= {name: "text_long" for name, (text, most) in texts.items() if len(text) > most}
        for name, is_good, fault in (
            ("code", ID.fullmatch(self.code) is not None, "short_name"),
            ("legal_basis", self.legal_basis in LEGAL_BASES, "missing"),
            ("retention_days", 0 < self.days <= MOST_DAYS, "days"),
            ("essential", set(self.essential) | set(self.voluntary) <= set(ATTRIBUTES), "bad_request"),
            ("essential", bool(self.essential or self.voluntary), "missing"),
            ("voluntary", not set(self.essential) & set(self.voluntary), "attribute_twice"),
        ):
            if not is_good:
                found[name] = fault
        return found


class KeepsAgencies(Protocol):
    """Each change is one transaction, its audit row included. Raises Unavailable."""

    async def add(self, draft: AgencyDraft, order: Order) -> bool:
        """False when there is one of this id."""
        ...

    async def add_purpose(self, agency_id: AgencyId, draft: PurposeDraft, order: Order) -> None:
        """The first version of its code, or the next one."""
        ...
