"""`gapura registry` as people type it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gapura.cli.registry import app
from gapura.errors import StartRefused
from gapura.registry.importing import LoadTarget
from tests.registry.citizen_rows import PERSON, WriteExtract, person, somebody

SRC = Path(__file__).parents[2] / "src"

Gapura = Callable[..., subprocess.CompletedProcess[str]]
Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def environment(target: LoadTarget) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SRC),
        "DATABASE_URL": target.database_url,
        "GAPURA_ROOT_KEYS": target.root_keys.reveal(),
        "GAPURA_MODE": "sandbox",
        "COLUMNS": "200",
    }


@pytest.fixture
def gapura(environment: dict[str, str], tmp_path: Path) -> Gapura:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "gapura", "registry", *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_people_are_made_and_imported(gapura: Gapura, query: Query) -> None:
    assert gapura("regions", "import").stdout.endswith("regions\n")
    made = gapura("synth", "300", "--seed", "3", "--today", "2026-11-24", "-o", "people.csv.gz")
    assert (made.returncode, made.stderr) == (0, "")
    imported = gapura("import", "people.csv.gz")
    assert imported.returncode == 0, imported.stderr
    assert "load 1 visible: 300 rows accepted (0 unchanged), 0 rejected" in imported.stdout
    assert "rows, 0 rejected" in imported.stderr  # plain lines, for this is no terminal
    assert "warning" not in imported.stdout
    assert query("select count(*) from citizen_version") == [(300,)]


def test_too_many_rejects_fail_the_command_and_show_no_value(gapura: Gapura, extract: WriteExtract) -> None:
    path = extract(person(birth_date="17-05-1990"), somebody(2))
    failed = gapura("import", str(path), "--max-rejects", "0.4")
    assert failed.returncode == 1
    assert failed.stderr.endswith("gapura: too many rows were rejected, so nothing was imported\n")
    assert f"rejects: {path}.rejects.csv" in failed.stdout
    for value in (*PERSON.values(), "17-05-1990"):
        assert value in {"L", "ACTIVE", "WNI"} or value not in failed.stdout + failed.stderr
    assert gapura("import", str(path), "--max-rejects", "50%").returncode == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is missing"),
        ({"GAPURA_ROOT_KEYS": ""}, "GAPURA_ROOT_KEYS is missing"),
        ({"GAPURA_ROOT_KEYS": "1:short"}, "GAPURA_ROOT_KEYS is wrong"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "the database failed"),
    ],
    ids=["no database", "no root key", "no key at all", "a database that is away"],
)
def test_what_is_missing_is_said(
    changed: dict[str, str], said: str, environment: dict[str, str], extract: WriteExtract
) -> None:
    refused = CliRunner().invoke(app, ["import", str(extract(person()))], env={**environment, **changed})
    assert isinstance(refused.exception, StartRefused)
    assert said in str(refused.exception)


def test_a_load_that_is_none_cannot_be_given_up(environment: dict[str, str]) -> None:
    refused = CliRunner().invoke(app, ["discard", "7"], env=environment)
    assert str(refused.exception) == "load 7 is not one that was interrupted"


@pytest.mark.parametrize("share", ["2", "-1%", "few"])
def test_a_share_is_between_nothing_and_all(
    share: str, environment: dict[str, str], extract: WriteExtract
) -> None:
    refused = CliRunner().invoke(
        app, ["import", str(extract(person())), "--max-rejects", share], env=environment
    )
    assert refused.exit_code == 2
    assert "a share such as 1% or 0.01" in refused.output
