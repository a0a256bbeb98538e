"""The scripts that a newcomer starts with: short, safe to run twice, and clear about what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = [
    ROOT / name
    for name in (
        "scripts/prepare",
        "scripts/demo",
        "scripts/test",
        "scripts/check",
        "scripts/lock",
        "scripts/docs",
        ".ci/run",
    )
]
TOOLS = ("sh", "dirname", "cat", "cksum", "rm")

# Stands for `python3`: `old` for a Python 3.10, `bare` for one without the venv module, else for a good one.
PYTHON = """#!/bin/sh
case "{kind}:$2" in
    old:*version_info*|bare:*ensurepip*) exit 1 ;;
    *:venv) echo "venv $*" >>{log} ;;
esac
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout of nothing but scripts/prepare and locks, with a PATH of its own."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "scripts/prepare", tmp_path / "scripts")
    for name in TOOLS:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    for lock in ("demo", "dev"):
        (tmp_path / f"requirements-{lock}.lock").write_text(f"{lock}==1\n")
    return tmp_path


def with_python(tree: Path, kind: str) -> None:
    python = tree / "bin/python3"
    python.write_text(PYTHON.format(kind=kind, log=tree / "log"))
    python.chmod(0o755)


def with_venv(tree: Path) -> None:
    """A `.venv` whose pip only says what it was asked for."""
    folder = tree / ".venv/bin"
    folder.mkdir(parents=True)
    for name in ("gapura", "python"):
        (folder / name).write_text(f'#!/bin/sh\n[ "$1" = -VV ] && echo 3.11 || echo "$@" >>{tree / "log"}\n')
        (folder / name).chmod(0o755)


def prepare(tree: Path, want: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tree / "scripts/prepare", want],
        env={"PATH": str(tree / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


def log(tree: Path) -> str:
    return (tree / "log").read_text() if (tree / "log").exists() else ""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short_plain_and_can_be_run(script: Path) -> None:
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/bin/sh"
    assert lines[1].startswith("# ")
    assert len(lines) <= 20
    assert os.access(script, os.X_OK)
    assert subprocess.run(["/bin/sh", "-n", script], check=False).returncode == 0


@pytest.mark.parametrize(
    ("kind", "missing"), [(None, "Python 3.11"), ("old", "Python 3.11"), ("bare", "venv module")]
)
def test_what_is_missing_is_told_in_one_line(tree: Path, kind: str | None, missing: str) -> None:
    if kind:
        with_python(tree, kind)
    done = prepare(tree, "demo")
    assert done.returncode == 1
    assert missing in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tree / ".venv").exists()


def test_everything_is_installed_by_hash_once(tree: Path) -> None:
    with_python(tree, "good")
    with_venv(tree)
    assert prepare(tree, "demo").returncode == 0
    assert "--require-hashes -r requirements-demo.lock" in log(tree)
    told = log(tree)
    assert prepare(tree, "demo").returncode == 0
    assert log(tree) == told


def test_what_developing_needs_comes_on_top_of_the_demo_and_serves_it_too(tree: Path) -> None:
    with_python(tree, "good")
    with_venv(tree)
    prepare(tree, "demo")
    (tree / "log").unlink()
    assert prepare(tree, "dev").returncode == 0
    assert "requirements-dev.lock" in log(tree)
    assert "--clear" not in log(tree)
    told = log(tree)
    prepare(tree, "demo")
    assert log(tree) == told


@pytest.mark.parametrize("lock", ["demo", "dev"])
def test_a_changed_lock_is_installed_afresh(tree: Path, lock: str) -> None:
    with_python(tree, "good")
    with_venv(tree)
    prepare(tree, lock)
    (tree / f"requirements-{lock}.lock").write_text("other==2\n")
    (tree / "log").unlink()
    assert prepare(tree, lock).returncode == 0
    assert "venv --clear .venv" in log(tree)
    assert f"requirements-{lock}.lock" in log(tree)


def test_journeys_that_cannot_run_are_said_loudly_and_the_rest_is_tested(tree: Path) -> None:
    """Here `id` says that we are no root, so nothing is installed either."""
    shutil.copy(ROOT / "scripts/test", tree / "scripts")
    with_venv(tree)
    for name, does in (
        ("scripts/prepare", "exit 0"),
        ("bin/id", "echo 1000"),
        ("bin/apt-get", f"echo apt >>{tree / 'log'}"),
    ):
        (tree / name).write_text(f"#!/bin/sh\n{does}\n")
        (tree / name).chmod(0o755)
    done = subprocess.run(
        [tree / "scripts/test", "--long", "tests/x"],
        env={"PATH": str(tree / "bin")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.startswith("!!! SKIPPED: every browser journey")
    assert log(tree) == "-m pytest --long tests/x\n"
