"""How fast an import is and what it takes: rows per second, memory of all its processes, exact counts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from gapura.registry.importing import LoadTarget
from gapura.registry.synth.extract import write_extract
from gapura.registry.synth.people import people
from tests.registry.citizen_rows import TODAY

SRC = Path(__file__).parents[2] / "src"
MIB = 1024  # KiB
MOST_MEMORY = 300 * MIB
BAD = 1_000  # every so many rows one is no row

Query = Callable[..., list[tuple[Any, ...]]]


@pytest.mark.parametrize(
    ("rows", "least_speed"),
    [
        pytest.param(20_000, 0, id="20,000"),
        pytest.param(1_000_000, 20_000, id="a million", marks=pytest.mark.long),
    ],
)
def test_an_import_into_an_empty_registry_is_fast_and_small(
    rows: int,
    least_speed: int,
    target: LoadTarget,
    query: Query,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "people.csv"
    write_extract(path, islice(people(11, TODAY), rows))
    rejected = _spoil(path)
    begun = time.monotonic()
    output, memory = _import(path, target)
    speed = rows / (time.monotonic() - begun)
    with capsys.disabled():
        print(f"\n  import of {rows:,} rows: {speed:,.0f} rows/s, {memory / MIB:.0f} MiB at most")  # noqa: T201 -- the figure is what the drill is for
    assert f"{rows - rejected:,} rows accepted (0 unchanged), {rejected:,} rejected" in output
    kept = rows - rejected
    assert query("select count(*), count(distinct citizen_id) from citizen_version") == [(kept, kept)]
    assert query("select count(*), count(distinct nik) from citizen_index") == [(kept, kept)]
    assert query("select count(*) from citizen_key") == [(kept,)]
    assert memory < MOST_MEMORY
    assert speed >= least_speed


def _spoil(path: Path) -> int:
    """Make every so-manieth row a bad one; returns how many."""
    spoilt = path.with_suffix(".spoilt")
    count = 0
    with path.open("rb") as rows, spoilt.open("wb") as out:
        for number, row in enumerate(rows):
            bad = number % BAD == BAD - 1
            out.write(row.replace(b",WNI,", b",XXX,") if bad else row)
            count += bad
    spoilt.replace(path)
    return count


def _import(path: Path, target: LoadTarget) -> tuple[str, int]:
    """What the command said, and the most memory that it and its workers took together, in KiB of PSS."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SRC),
        "DATABASE_URL": target.database_url,
        "GAPURA_ROOT_KEYS": target.root_keys.reveal(),
        "GAPURA_MODE": "sandbox",
    }
    command = [sys.executable, "-m", "gapura", "registry", "import", str(path)]
    most = 0
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            most = max(most, _memory(process.pid))
            time.sleep(0.1)
        output, _ = process.communicate()
    assert process.returncode == 0
    return output.decode(), most


def _memory(pid: int) -> int:
    """Proportional set size of a process and its children: what they share counts once."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return (int(found[1]) if found else 0) + sum(_memory(int(child)) for child in children)
