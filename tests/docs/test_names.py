"""What the pages name exists: files, tests, settings, commands, metrics, links."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
import typer

from gapura.cli import GROUPS, command_line
from gapura.settings import Settings, variable
from tests.docs.tables import pages

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "gapura"
PAGES = {name: path.read_text(encoding="utf-8") for name, path in pages().items()}
OURS = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/running.md",
    "docs/security.md",
    "docs/integrate.md",
    "docs/decisions/README.md",
)
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in SRC.rglob("*.py"))
CODE = re.compile(r"`([^`\n]+)`")
every_page = pytest.mark.parametrize("page", PAGES)
every_page_of_ours = pytest.mark.parametrize("page", OURS)


def test_the_pages_are_there() -> None:
    assert set(OURS) <= PAGES.keys()


@every_page
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        name, _, heading = target.partition("#")
        if name.startswith(("http:", "https:")):
            continue
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), target
        if heading:
            assert heading in headings(path.read_text(encoding="utf-8")), target


@every_page_of_ours
def test_every_file_that_is_named_exists(page: str) -> None:
    for name in CODE.findall(PAGES[page]):
        if re.fullmatch(r"[a-z0-9_./-]+\.(?:py|md|toml|csv|html|yml|lock)", name):
            here = any((base / name).exists() for base in (SRC, ROOT, ROOT / "docs"))
            assert here or any(SRC.rglob(name)), name


@every_page_of_ours
def test_every_test_that_is_named_exists(page: str) -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    for name in re.findall(r"`(test_\w+)`", PAGES[page]):
        assert f"def {name}(" in tests, name


@every_page
def test_every_setting_that_is_named_exists(page: str) -> None:
    known = {variable(name) for name in Settings.model_fields}
    for name in re.findall(r"\bGAPURA_[A-Z_]+[A-Z]\b", PAGES[page]):
        assert name in known or name.startswith("GAPURA_TEST_"), name


@every_page
def test_every_command_that_is_named_exists(page: str) -> None:
    for group, word in re.findall(
        r"\bgapura ([a-z]+)(?: ([a-z]+))?", "\n".join([*CODE.findall(PAGES[page]), *_shell(page)])
    ):
        assert group in GROUPS, group
        found = typer.main.get_command(command_line(group))
        subcommands = getattr(found.commands[group], "commands", {})  # type: ignore[attr-defined]
        assert not (word and subcommands) or word in subcommands, f"{group} {word}"


def test_every_name_of_the_architecture_is_one_of_the_code() -> None:
    schema = (ROOT / "migrations" / "versions" / "0001_house.py").read_text(encoding="utf-8")
    for text in CODE.findall(PAGES["docs/architecture.md"]):
        if re.fullmatch(r"[A-Za-z_]\w+(?:\.[A-Za-z_]\w+)*", text) and not text.endswith(
            (".md", ".py", ".toml")
        ):
            for word in re.split(r"\.", text):
                assert re.search(rf"\b{word}\b", SOURCE + schema), text


def test_every_metric_is_explained_and_no_other() -> None:
    made = set(re.findall(r"(?:Counter|Gauge|Histogram)\(\s*\"(gapura_\w+)\"", SOURCE))
    told = {name for name in re.findall(r"`(gapura_\w+)`", PAGES["docs/running.md"]) if name != "gapura_"}
    assert told == made


def test_every_event_to_alarm_on_is_written_somewhere() -> None:
    [table] = re.findall(r"### What to alarm on\n(.*?)\n\n[A-Z]", PAGES["docs/running.md"], re.DOTALL)
    for name in re.findall(r"events? ((?:`\w+`(?:, )?)+)", table):
        for event in re.findall(r"`(\w+)`", name):
            assert f'"{event}"' in SOURCE, event


def test_what_is_run_after_a_restore_can_be_run(database_url: str) -> None:
    [statements] = re.findall(r"```sql\n(.*?)```", PAGES["docs/running.md"], re.DOTALL)
    with psycopg.connect(database_url) as connection:
        connection.execute(statements)


def test_decisions_are_numbered_in_a_row_short_and_listed() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    listed = re.findall(
        r"^\| \[(\d+)\]\((\S+)\) \| (.+) \|$", PAGES["docs/decisions/README.md"], re.MULTILINE
    )
    assert [name for _, name, _ in listed] == [path.name for path in records]
    for place, (path, (number, _, title)) in enumerate(zip(records, listed, strict=True), 1):
        text = path.read_text(encoding="utf-8")
        assert path.name.startswith(f"{place:04}-"), path.name
        assert int(number) == place
        assert text.startswith(f"# {place}. {title}\n"), path.name
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
        ], path.name
        assert len(text.splitlines()) <= 25, path.name


def headings(text: str) -> set[str]:
    """As code hosts make anchors of them."""
    lines = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def _shell(page: str) -> list[str]:
    return re.findall(r"^```(?:sh)?\n(.*?)^```$", PAGES[page], re.DOTALL | re.MULTILINE)
