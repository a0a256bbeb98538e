"""Kemendagri's region codes: province, regency or city, district, village (`11.01.01.2001`).

Gapura ships the provinces and some villages for its synthetic people; the full table comes by
`gapura registry regions import FILE`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

from gapura.registry.source import FileRefused

LEVELS = ("province", "regency", "district", "village")
COLUMNS = ("code", "name", "valid_from", "valid_to", "successor")

_CODE = re.compile(r"\d\d(?:\.\d\d(?:\.\d\d(?:\.\d{4})?)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Region:
    """Retired codes stay: people who were registered under them keep their NIK."""

    code: str
    name: str
    valid_from: date
    valid_to: date | None
    successor: str | None

    @property
    def level(self) -> str:
        return LEVELS[self.code.count(".")]


@cache
def shipped_regions() -> tuple[Region, ...]:
    text = files("gapura.registry").joinpath("data/regions.csv").read_text("utf-8")
    return tuple(_regions(text.splitlines()))


def read_regions(path: Path) -> tuple[Region, ...]:
    """All regions of a file or none. Raises FileRefused, which names the first line that is wrong."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(_regions(file))
    except (OSError, UnicodeDecodeError) as error:
        raise FileRefused(f"the file cannot be read: {type(error).__name__}") from None


def _regions(lines: Iterable[str]) -> Iterator[Region]:
    rows = csv.DictReader(lines)
    if missing := set(COLUMNS[:3]) - set(rows.fieldnames or ()):
        raise FileRefused(f"columns are missing: {', '.join(sorted(missing))}")
    for row in rows:
        try:
            yield _region(row)
        except (TypeError, ValueError):
            raise FileRefused(
                f"line {rows.line_num} is no region: code, name, valid_from (YYYY-MM-DD)"
            ) from None


def _region(row: dict[str, str | None]) -> Region:
    code, name, begins, ends, successor = ((row.get(column) or "").strip() for column in COLUMNS)
    if not _CODE.fullmatch(code) or not name or (successor and not _CODE.fullmatch(successor)):
        raise ValueError(code)
    return Region(
        code, name, date.fromisoformat(begins), date.fromisoformat(ends) if ends else None, successor or None
    )
