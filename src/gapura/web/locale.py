"""The languages of the pages: a folder of `gapura/locale/` each; Indonesian is the texts' own language.

Catalogues are read from their `.po` files at the start, so nothing has to be compiled.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent.parent / "locale"
SOURCE = "id"
MOST_WISHES = 20
_WISH = re.compile(
    r"\s*([A-Za-z]{2,8})(?:[-_][A-Za-z0-9-_]{1,60})?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?"
)


def marked(text: str) -> str:
    """Mark a text for the catalogues where it is written; a page translates it. Imported as `_`."""
    return text


@dataclass(frozen=True, slots=True)
class Language:
    """`code` is the folder's name and the page's `lang`, `name` what its speakers call it."""

    code: str
    name: str
    locale: Locale
    translations: NullTranslations

    def say(self, text: str) -> str:
        return self.translations.gettext(text)


@dataclass(frozen=True, slots=True)
class Languages:
    """Every language there is, the source first."""

    by_code: Mapping[str, Language]

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Languages:
        codes = (SOURCE, *sorted(path.parent.name for path in folder.glob("*/messages.po")))
        return cls({code: _language(code, folder / code / "messages.po") for code in codes})

    @property
    def source(self) -> Language:
        return self.by_code[SOURCE]

    def __iter__(self) -> Iterator[Language]:
        return iter(self.by_code.values())

    def choose(self, *, ui_locales: str = "", cookie: str = "", accept: str = "") -> Language:
        """The first wish that we speak: the person's, the client's (OpenID Connect Core §3.1.2.1), the browser's.

        The cookie is there only after the switch was used, and a person's choice is stronger than an app's hint.
        `ui_locales` and `accept` are taken as they were sent; what cannot be read is no wish.
        """
        wishes = (cookie, *ui_locales.split(), *_accepted(accept))
        for wish in wishes:
            tag = wish.replace("_", "-").lower()
            for code in (tag, tag.partition("-")[0]):
                if code in self.by_code:
                    return self.by_code[code]
        return self.source


def _accepted(header: str) -> Iterable[str]:
    """The languages of Accept-Language, best first (RFC 9110 §12.5.4)."""
    wishes = (match for part in header.split(",")[:MOST_WISHES] if (match := _WISH.fullmatch(part)))
    found = [(-float(match[2] or 1), match[1]) for match in wishes if float(match[2] or 1) > 0]
    return [code for _, code in sorted(found, key=lambda wish: wish[0])]


def _language(code: str, catalogue: Path) -> Language:
    try:  # as it is written in Indonesia: 24 November 2026, WIB
        locale = Locale.parse(f"{code}_ID")
    except UnknownLocaleError:
        locale = Locale.parse(code)
    translations = NullTranslations() if code == SOURCE else _read(catalogue)
    name = Locale.parse(code).get_language_name() or code
    return Language(code, "Bahasa Indonesia" if code == SOURCE else name, locale, translations)


def _read(catalogue: Path) -> GNUTranslations:
    compiled = io.BytesIO()
    with catalogue.open("rb") as lines:
        write_mo(compiled, read_po(lines, locale=catalogue.parent.name))
    compiled.seek(0)
    return GNUTranslations(compiled)
