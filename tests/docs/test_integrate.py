"""docs/integrate.md, followed line by line: its shell blocks run against a sandbox and answer what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gapura.errors import OAuthError
from gapura.identity.acr import LEVELS
from gapura.settings import Settings
from gapura.values import Secret
from tests.site import Site, run_site

TEXT = (Path(__file__).parents[2] / "docs" / "integrate.md").read_text(encoding="utf-8")
SHOWN_AT = "http://localhost:8000"
BLOCK = re.compile(r"^```(sh|text|json)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MARK = "--- the next block ---"
ANYTHING = "…"

needs_tools = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("openssl")), reason="curl and openssl are not both here"
)


@dataclass(frozen=True, slots=True)
class Block:
    """`expected` is what the page shows below the commands, None where it shows nothing."""

    commands: str
    kind: str
    expected: str | None


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    with run_site(
        module_database_url, module_redis_url, root_keys, tmp_path_factory.mktemp("docs")
    ) as running:
        yield running


@needs_tools
def test_every_command_of_the_page_answers_what_the_page_says(site: Site) -> None:
    blocks = _blocks(TEXT.replace(SHOWN_AT, site.url))
    answers = _run([block.commands for block in blocks], site.environment)
    assert len(answers) == len(blocks)
    for block, answer in zip(blocks, answers, strict=True):
        if block.expected is not None:
            assert _fits(block, answer), f"{block.commands}\ngave\n{answer}\nand not\n{block.expected}"


def test_every_level_is_explained() -> None:
    assert all(f"| `{acr}` |" in TEXT for acr in LEVELS)


def test_the_lifetimes_are_the_settings_defaults() -> None:
    settings, day = Settings.model_fields, 86400
    for said, name, seconds in (
        ("| authorization code | 60 s |", "code_lifetime", 60),
        ("| ID token, access token | 5 min |", "id_token_lifetime", 300),
        ("| ID token, access token | 5 min |", "access_token_lifetime", 300),
        ("| refresh token | 30 days unused, 180 days in all |", "refresh_idle", 30 * day),
        ("| refresh token | 30 days unused, 180 days in all |", "refresh_total", 180 * day),
        ("| sign-in pages | 30 min |", "interaction_lifetime", 1800),
        ("| session at Gapura | 15 min without a click, 12 h in all |", "session_idle", 900),
        ("| session at Gapura | 15 min without a click, 12 h in all |", "session_total", 43200),
    ):
        assert said in TEXT
        assert settings[name].default == seconds


def test_every_error_that_an_app_can_get_is_explained() -> None:
    source = Path(sys.modules[OAuthError.__module__].__file__ or "").parent
    raised = {
        code
        for path in source.rglob("*.py")
        for code in re.findall(r"(?:OAuthError|bearer_error)\(\s*\"(\w+)\"", path.read_text(encoding="utf-8"))
    }
    missing = {code for code in raised if f"`{code}`" not in TEXT}
    assert not missing


def _blocks(text: str) -> list[Block]:
    found = BLOCK.findall(text)
    after = [*found[1:], ("sh", "")]
    return [
        Block(commands, kind, None if kind == "sh" else expected)
        for (language, commands), (kind, expected) in zip(found, after, strict=True)
        if language == "sh"
    ]


def _run(commands: list[str], operators: Mapping[str, str]) -> list[str]:
    """What each block printed; they share one shell, as they do for the reader, which is an operator's too."""
    script = f"\necho; echo '{MARK}'\n".join(commands)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-eu"], input=script, capture_output=True, text=True, timeout=120, check=False,
        env={**operators, "PATH": path, "no_proxy": "localhost"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [part.strip() for part in done.stdout.split(MARK)]


def _fits(block: Block, answer: str) -> bool:
    expected = (block.expected or "").strip()
    if block.kind == "json":
        return _like(json.loads(expected), json.loads(answer))
    pattern = ".*".join(map(re.escape, expected.split(ANYTHING)))
    return re.fullmatch(pattern, answer) is not None


def _like(shown: object, given: object) -> bool:
    """The same names, and the same values but for times, lives and what the page abbreviates; `…` is any more names."""
    match shown, given:
        case dict(), dict():
            names = shown.keys() - {ANYTHING}
            alike = names <= given.keys() if ANYTHING in shown else names == given.keys()
            return alike and all(_like(shown[name], given[name]) for name in names)
        case str(), str():
            return re.fullmatch(".*".join(map(re.escape, shown.split(ANYTHING))), given) is not None
        case bool(), bool():
            return shown is given
        case int(), int():
            return True
    return shown == given
