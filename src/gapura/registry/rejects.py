"""The reject file: line, column and reason of each row that was left out, and nothing of what the row held."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from heapq import merge
from pathlib import Path

from gapura.registry.columns import REASONS

SUFFIX = ".rejects.csv"


def merge_rejects(source: Path, parts: Sequence[Path]) -> Path | None:
    """Make `FILE.rejects.csv` of the workers' parts, in the file's order; None when every row was good."""
    target = source.with_name(source.name + SUFFIX)
    with target.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(("line", "column", "reason"))
        out.writerows((line, column, REASONS[reason]) for line, column, reason in merge(*map(_lines, parts)))
    if not any(part.stat().st_size for part in parts):
        target.unlink()
        return None
    return target


def _lines(part: Path) -> Iterator[tuple[int, str, str]]:
    with part.open(newline="", encoding="utf-8") as file:
        for line, column, reason in csv.reader(file):
            yield int(line), column, reason
