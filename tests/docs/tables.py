"""The tables that pages have from the code; `scripts/docs` writes them between their marks.

A page says `<!-- table: NAME -->` and `<!-- /table -->`, and what stands between is the row NAME of TABLES.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from gapura.disclosure.attributes import ATTRIBUTES
from gapura.disclosure.scopes import SCOPES

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"(?<=^<!-- table: )(\w+)( -->\n).*?(?=^<!-- /table -->$)", re.DOTALL | re.MULTILINE)
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


TABLES: Mapping[str, Callable[[], str]] = {"scopes": scopes}


def main() -> None:
    for path in pages().values():
        text = path.read_text(encoding="utf-8")
        if (now := renewed(text)) != text:
            path.write_text(now, encoding="utf-8")


if __name__ == "__main__":
    main()
