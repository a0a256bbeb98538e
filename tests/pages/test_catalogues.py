"""Everything that people read is there in every language; `scripts/messages` brings new texts into the catalogues."""

from __future__ import annotations

import io
import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from gapura.web.locale import FOLDER

SOURCES = FOLDER.parent
CATALOGUES = sorted(FOLDER.glob("*/messages.po"))
PLACE = re.compile(r"%\((\w+)\)s")

Text = str | tuple[str, ...]


def _texts_in_use() -> set[Text]:
    methods, options = parse_mapping_cfg(io.StringIO((FOLDER / "babel.cfg").read_text("utf-8")))  # type: ignore[no-untyped-call]
    found = extract_from_dir(
        str(SOURCES), methods, options, keywords={"_": None, "gettext": None, "ngettext": (1, 2)}
    )
    return {message for _, _, message, _, _ in found}


@pytest.fixture(scope="module")
def in_use() -> set[Text]:
    return _texts_in_use()


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as lines:
        return read_po(lines)


def _of(catalogue: Catalog) -> dict[Text, Text]:
    return {_text(message.id): _text(message.string) for message in catalogue if message.id}


def test_texts_are_found_in_templates_and_in_python(in_use: set[Text]) -> None:
    assert "Kata sandi" in in_use  # sign_in.html
    assert "Layanan ini tidak terdaftar" in in_use  # phrases.py
    assert len(in_use) > 300


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.name)
def test_every_text_is_translated(path: Path, in_use: set[Text]) -> None:
    translated = _of(_catalogue(path))
    missing = {text for text in in_use if not translated.get(text) or not all(_forms(translated[text]))}
    assert not missing, "run scripts/messages and translate these"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.name)
def test_no_translation_is_fuzzy_or_left_over(path: Path, in_use: set[Text]) -> None:
    catalogue = _catalogue(path)
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    assert list(catalogue.obsolete) == []
    assert set(_of(catalogue)) <= in_use


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.name)
def test_a_translation_names_the_same_values(path: Path) -> None:
    for text, translation in _of(_catalogue(path)).items():
        for form in _forms(translation):
            assert set(PLACE.findall(form)) == set(PLACE.findall(_forms(text)[0])), text


def test_no_text_ends_in_blanks_or_has_a_stray_percent_sign(in_use: set[Text]) -> None:
    for text in (form for message in in_use for form in _forms(message)):
        assert text == text.strip(string.whitespace)
        assert "%" not in PLACE.sub("", text), "gettext of Jinja takes it for a place"


def _text(found: object) -> Text:
    return (
        found if isinstance(found, str) else tuple(map(str, found)) if isinstance(found, list | tuple) else ""
    )


def _forms(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text
