"""The `gapura` command: quick to ask, one line when it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from gapura.cli import GROUPS

SRC = Path(__file__).parents[2] / "src"


def gapura(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gapura", *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SRC), "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd="/",
    )


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if not line.startswith("import time:")]


def test_help_lists_every_group_and_imports_none() -> None:
    done = gapura("--help")
    assert done.returncode == 0
    for name, (module, line) in GROUPS.items():
        assert name in done.stdout
        assert line in done.stdout
        assert module not in done.stderr
    for heavy in ("pydantic", "sqlalchemy", "starlette", "cryptography", "psycopg"):
        assert f" {heavy}\n" not in done.stderr


@pytest.mark.parametrize("name", GROUPS)
def test_every_group_exists_and_can_say_what_it_does(name: str) -> None:
    assert find_spec(GROUPS[name][0])
    assert gapura(name, "--help").returncode == 0


def test_an_unknown_word_is_an_error() -> None:
    assert gapura("nonsense").returncode == 2


@pytest.mark.parametrize(
    ("words", "environment", "line"),
    [
        (["db", "check"], {}, "gapura: DATABASE_URL is missing: the address of PostgreSQL"),
        (["db", "check"], {"GAPURA_WORKERS": "x"}, "gapura: GAPURA_WORKERS is wrong: "),
        (
            ["db", "upgrade"],
            {"DATABASE_URL": "postgresql://127.0.0.1:1/x"},
            "gapura: the database of DATABASE_URL ",
        ),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_1(
    words: list[str], environment: dict[str, str], line: str
) -> None:
    done = gapura(*words, **environment)
    assert done.returncode == 1
    assert len(said(done)) == 1
    assert said(done)[0].startswith(line)
