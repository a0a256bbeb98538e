"""The rules of the house that no linter knows: imports, sizes, names, clocks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src/gapura"
FILES = sorted(SRC.rglob("*.py"))
LINES = 300

# The places that look at a clock and hand the time on.
CLOCKS = (
    "app.py",
    "cli/",
    "web/",
    "delivery/",
    "embedded/",
    "registry/",
    "outbound.py",
    "logs.py",
    "metrics.py",
)
CLOCK_CALLS = {"datetime.now", "datetime.utcnow", "date.today", "time.time"}
EMPTY_NAMES = re.compile(r"(Manager|Service|Helper|Utils?|Common|Processor)$")


def inside(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def test_imports_point_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_file_holds_one_thing_and_fits_on_a_few_screens() -> None:
    assert not [inside(path) for path in FILES if len(path.read_text().splitlines()) > LINES]


def test_names_say_what_a_thing_is() -> None:
    for path in FILES:
        names = [path.stem.title(), *(node.name for node in nodes(path) if isinstance(node, ast.ClassDef))]
        assert not [name for name in names if EMPTY_NAMES.search(name)], inside(path)


def test_the_core_is_told_the_time() -> None:
    core = [path for path in FILES if not inside(path).startswith(CLOCKS)]
    assert core
    for path in core:
        called = {ast.unparse(node.func) for node in nodes(path) if isinstance(node, ast.Call)}
        assert not called & CLOCK_CALLS, inside(path)


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))
