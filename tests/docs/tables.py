"""The tables that pages have from the code; `scripts/docs` writes them between their marks.

A page says `<!-- table: NAME -->` and `<!-- /table -->`, and what stands between is the row NAME of TABLES.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from enum import Enum
from pathlib import Path

from gapura.disclosure.attributes import ATTRIBUTES
from gapura.disclosure.scopes import SCOPES
from gapura.protocol.profiles import PROFILES, Profile
from tests.docs.standards import STANDARDS, kept

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"(?<=^<!-- table: )(\w+)( -->\n).*?(?=^<!-- /table -->$)", re.DOTALL | re.MULTILINE)
MOST_LINKS = 4
GIVEN_OTHERWISE: Mapping[str, str] = {"openid": "`sub`", "offline_access": "a refresh token"}


def pages() -> dict[str, Path]:
    """The pages of the repository by their path in it."""
    found = (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    return {path.relative_to(ROOT).as_posix(): path for path in sorted(found)}


def names_in(text: str) -> list[str]:
    return [match[1] for match in PLACE.finditer(text)]


def renewed(text: str) -> str:
    """`text` with its tables as the code has them now. Raises KeyError for a name that is no row of TABLES."""
    return PLACE.sub(lambda match: f"{match[1]}{match[2]}{TABLES[match[1]]()}", text)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def scopes() -> str:
    return table(
        ("scope", "claims in userinfo", "needs at least"),
        (
            (
                f"`{scope.name}`",
                GIVEN_OTHERWISE.get(scope.name)
                or ", ".join(
                    f"`{claim}`" for name in scope.attributes for claim in ATTRIBUTES[name].claim_names
                ),
                scope.minimum_acr.rpartition(":")[2],
            )
            for scope in SCOPES.values()
        ),
    )


def standards() -> str:
    """One row for each section that the code cites; links are from `docs/`."""
    return table(
        ("standard", "section", "where it lives", "its tests"),
        (
            (
                f"{one.standard} ({STANDARDS[one.standard]})",
                f"§{one.section}" if one.section else "",
                _links(one.code, "../src/"),
                _links(one.tests, "../"),
            )
            for one in kept()
        ),
    )


def _links(paths: Sequence[str], folder: str) -> str:
    shown = [f"[{path.rpartition('/')[2]}]({folder}{path})" for path in paths[:MOST_LINKS]]
    more = len(paths) - len(shown)
    return ", ".join((*shown, f"{more} more") if more else shown)


def _said(value: object) -> str:
    match value:
        case None | timedelta.max:
            return "any"
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return f"{value.total_seconds():.0f} s"
        case Enum():
            return f"`{value.value}`"
        case tuple():
            return ", ".join(f"`{one}`" for one in value) or "–"
    return f"`{value}`"


def profiles() -> str:
    """What each security profile asks for, by the fields of its row."""
    names = [field.name for field in fields(Profile) if field.name != "name"]
    return table(
        ("what", *(f"`{name}`" for name in PROFILES)),
        (
            (name.replace("_", " "), *(_said(getattr(row, name)) for row in PROFILES.values()))
            for name in names
        ),
    )


TABLES: Mapping[str, Callable[[], str]] = {"scopes": scopes, "standards": standards, "profiles": profiles}


def main() -> None:
    for path in pages().values():
        text = path.read_text(encoding="utf-8")
        if (now := renewed(text)) != text:
            path.write_text(now, encoding="utf-8")


if __name__ == "__main__":
    main()
