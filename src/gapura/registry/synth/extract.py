"""People into a file that `gapura registry import` takes."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path
from typing import IO

from gapura.identity.citizen import Citizen
from gapura.registry.columns import NAMES


def write_extract(path: Path, citizens: Iterable[Citizen]) -> None:
    """Write CSV, gzipped where the path ends in `.gz`; the same citizens make the same bytes."""
    with path.open("wb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as zipped:
                _write(zipped, citizens)
        else:
            _write(raw, citizens)


def _write(binary: IO[bytes] | gzip.GzipFile, citizens: Iterable[Citizen]) -> None:
    text = io.TextIOWrapper(binary, "utf-8", newline="")
    out = csv.writer(text, lineterminator="\n")
    out.writerow(NAMES)
    out.writerows(map(attrgetter(*NAMES), citizens))
    text.detach()
