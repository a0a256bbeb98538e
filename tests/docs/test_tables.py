"""The tables that pages have from the code are those of this code."""

from __future__ import annotations

import pytest

from tests.docs.standards import STANDARDS, kept
from tests.docs.tables import TABLES, names_in, pages, renewed

PAGES = {name: path.read_text(encoding="utf-8") for name, path in pages().items()}


@pytest.mark.parametrize("page", [name for name, text in PAGES.items() if names_in(text)])
def test_no_table_of_a_page_is_stale(page: str) -> None:
    if renewed(PAGES[page]) != PAGES[page]:
        pytest.fail(f"{page} is stale: run ./scripts/docs", pytrace=False)


def test_every_table_stands_on_a_page_and_every_mark_is_closed() -> None:
    assert {name for text in PAGES.values() for name in names_in(text)} == set(TABLES)
    for page, text in PAGES.items():
        assert len(names_in(text)) == text.count("\n<!-- table: ") == text.count("\n<!-- /table -->"), page


def test_what_stands_between_the_marks_is_written_anew_and_nothing_else() -> None:
    old = "before\n\n<!-- table: scopes -->\n| old |\n<!-- /table -->\n\nafter\n"
    made = renewed(old)
    assert made == f"before\n\n<!-- table: scopes -->\n{TABLES['scopes']()}<!-- /table -->\n\nafter\n"
    assert "| `profile` | `name`, `birthdate`, `gender`" in made
    assert renewed(made) == made


def test_every_standard_that_is_named_is_kept_and_tried() -> None:
    rows = kept()
    assert {row.standard for row in rows} == set(STANDARDS)
    assert [(row.standard, row.section) for row in rows if not row.tests] == []
