"""Each program of examples/ signs a citizen in, shows claims, refreshes and signs out, as its README says."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Timer
from typing import IO, Any

import pytest

from gapura.values import Secret
from tests.site import Browser, Site, run_site
from tests.site.deployment import free_port

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "examples"
BUILT = ROOT / ".gapura" / "examples"
PLAIN = "\x1b[0m"  # Maven ends its colours even where it has none
MADE = {"node_modules", "target", "__pycache__"}  # by whoever tries an example by hand
FETCH_SECONDS, BUILD_SECONDS, RUN_SECONDS = 120, 120, 60


@dataclass(frozen=True, slots=True)
class Example:
    """`needs` are programs on the path. What `fetch` cannot get skips the test, what `build` cannot do fails it."""

    run: tuple[str, ...]
    needs: tuple[str, ...] = ()
    fetch: tuple[str, ...] = ()
    build: tuple[str, ...] = ()
    register: tuple[str, ...] = (str(SOURCES / "register.sh"),)
    environment: Mapping[str, str] = field(default_factory=dict)


NPM_CI = ("npm", "ci", "--no-audit", "--no-fund", "--fetch-retries", "1", "--cache", str(BUILT / "npm"))
MVN = ("mvn", "-B", "-q", f"-Dmaven.repo.local={BUILT / 'maven'}")
EXAMPLES = {
    "python": Example((sys.executable, "portal.py")),
    "node": Example(("node", "portal.mjs"), ("node", "npm"), NPM_CI),
    "fapi2": Example(("node", "portal.mjs"), ("node", "npm"), NPM_CI, register=("node", "register.mjs")),
    "go": Example(
        ("./portal",),
        ("go",),
        ("go", "mod", "download"),
        ("go", "build", "-o", "portal", "."),
        environment={"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false", "CGO_ENABLED": "0"},
    ),
    "java": Example(
        (*MVN, "-o", "exec:java"),
        ("java", "mvn"),
        (*MVN, "-Dmaven.main.skip=true", "compile", "exec:help"),
        (*MVN, "-o", "compile"),
    ),
}


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    with run_site(
        module_database_url, module_redis_url, root_keys, tmp_path_factory.mktemp("examples")
    ) as running:
        yield running


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_signs_in_refreshes_and_signs_out(name: str, site: Site) -> None:
    folder, example = built(name), EXAMPLES[name]
    browser, environment = Browser(site.url), registered(example, folder, site.url)
    with running(example, folder, environment) as said:
        browser.open(said("Sign in"))
        browser.sign_in()
        browser.agree()
        come_back(browser)
        if name == "fapi2":
            assert said("Token type") == "dpop"
        claims, userinfo = (json.loads(said(what)) for what in ("ID token", "Userinfo"))
        assert claims["iss"] == site.url
        assert userinfo["name"] == "BUDI SANTOSO"
        assert userinfo["sub"] == claims["sub"]
        assert json.loads(said("Refreshed")) == userinfo
        browser.open(said("Sign out"))
        come_back(browser)
        assert said("Signed out")


def test_every_example_is_run() -> None:
    assert {path.name for path in SOURCES.iterdir() if path.is_dir()} == EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_told_in_ten_lines_and_pins_what_it_needs(name: str) -> None:
    assert len((SOURCES / name / "README.md").read_text(encoding="utf-8").splitlines()) <= 13
    text = "".join(path.read_text(encoding="utf-8") for path in sources(SOURCES / name))
    assert "<repository>" not in text
    for lock in SOURCES.glob(f"{name}/*lock*"):
        assert "://" not in lock.read_text(encoding="utf-8"), "a lock names packages, not addresses"


def test_the_python_example_pins_the_versions_that_it_is_tried_with() -> None:
    locked = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8").split()
    assert set((SOURCES / "python" / "requirements.txt").read_text(encoding="utf-8").split()) <= set(locked)


def built(name: str) -> Path:
    """A copy of the example's folder with all that it takes to run it, kept until the example changes."""
    example, folder = EXAMPLES[name], BUILT / name
    if missing := [program for program in example.needs if shutil.which(program) is None]:
        pytest.skip(f"!!! the example in {name} is NOT TRIED: there is no {' and no '.join(missing)} here")
    stamp, state = BUILT / f"{name}.built", _state(SOURCES / name)
    if folder.exists() and stamp.exists() and stamp.read_text() == state:
        return folder
    stamp.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCES / name, folder, ignore=shutil.ignore_patterns(*MADE))
    if example.fetch and (fault := _fault(example, example.fetch, folder, FETCH_SECONDS)) is not None:
        pytest.skip(f"!!! the example in {name} is NOT TRIED: its packages cannot be had: {fault[-300:]}")
    fault = _fault(example, example.build, folder, BUILD_SECONDS) if example.build else None
    assert fault is None, fault
    stamp.write_text(state)
    return folder


def _state(folder: Path) -> str:
    return sha256(b"".join(path.read_bytes() for path in sources(folder))).hexdigest()


def sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and MADE.isdisjoint(path.parts))


def _fault(example: Example, command: tuple[str, ...], folder: Path, seconds: int) -> str | None:
    try:
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, **example.environment}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"{command[0]} took more than {seconds} s"
    return None if done.returncode == 0 else done.stdout + done.stderr


def registered(example: Example, folder: Path, issuer: str) -> dict[str, str]:
    """The environment with what the example's registration script printed."""
    told = {**os.environ, **example.environment, "GAPURA": issuer, "PORT": str(free_port())}
    done = subprocess.run(
        example.register, cwd=folder, env=told, capture_output=True, text=True, timeout=30, check=True
    )
    words = [word for line in done.stdout.splitlines() for word in shlex.split(line.removeprefix("export "))]
    return told | dict(word.split("=", 1) for word in words)


def come_back(browser: Browser) -> None:
    """The browser goes where it was sent: to the example's own address."""
    assert browser.left_for is not None, browser.page.text[-1500:]
    assert browser.http.get(browser.left_for).status_code == 200


class Said:
    """What an example says, line by line: `Sign in: https://…`."""

    def __init__(self, out: IO[str], errors: Path) -> None:
        self._out, self._errors = out, errors

    def __call__(self, what: str) -> str:
        line = self._out.readline().removeprefix(PLAIN)
        told, _, value = line.strip().partition(": ")
        assert told == what, f"{line!r} where {what} was expected; {self._errors.read_text()[-2000:]}"
        return value


@contextmanager
def running(example: Example, folder: Path, environment: dict[str, str]) -> Iterator[Said]:
    """It must end by itself and well, soon after the last that it says."""
    errors = folder / "errors.log"
    with errors.open("w") as log:
        process: subprocess.Popen[Any] = subprocess.Popen(
            example.run, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=log, text=True,
        )  # fmt: skip
    assert process.stdout is not None
    watch = Timer(RUN_SECONDS, process.kill)
    watch.start()
    try:
        yield Said(process.stdout, errors)
        assert process.wait(20) == 0, errors.read_text()[-2000:]
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        process.stdout.close()
