"""Names as people type them and as the registry writes them, brought to one key.

Both sides go through the same function, so a key may be coarse: it never stands alone, the birth date goes with it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

# Written before a name: academic, professional and religious titles.
BEFORE = frozenset({"PROF", "DR", "DRS", "DRA", "DRG", "DRH", "IR", "H", "HJ", "KH", "APT", "NS"})
# Written after it, with or without the comma.
_DEGREES = """
AK AMD AMK BA BBA BSC CA CPA LC LLM MA MAG MAP MBA MENG MH MHUM MIKOM MKES MKOM MM MPD MPDI MPH MSC
MSI MT PHD SAG SE SEI SFARM SH SHI SI SIK SIKOM SIP SKED SKEP SKM SKOM SP SPA SPB SPD SPDI SPM SPOG
SPPD SPSI SPT SS SSI SSN SSOS SST ST STP
"""
AFTER = frozenset(_DEGREES.split())

# The straight one, both curly ones, grave, acute, and the letters that other keyboards give.
_APOSTROPHES = re.compile("['\u2019\u2018`\u00b4\u02bc\u02bb]")
_NO_LETTERS = re.compile(r"[^\w]|_")
_TITLE_GLUED = re.compile(rf"^(?:{'|'.join(sorted(BEFORE, key=len, reverse=True))})\.(?=\w{{2}})")


def name_key(name: str) -> str:
    """One text for all spellings of a name: letters only, upper case, without titles; empty if no letter is left.

    `Drs. H. Ma'ruf Al-Amin, M.Si.` and `MARUF AL AMIN` meet; so do a single name and the same name given twice,
    as forms that insist on two names make people type it.
    """
    words = _words(name)
    while len(words) > 1 and words[0] in BEFORE:
        words = words[1:]
    while len(words) > 1 and words[-1] in AFTER:
        words = words[:-1]
    if len(words) == 2 and words[0] == words[1]:  # noqa: PLR2004 -- the same name twice
        words = words[:1]
    return "".join(words)


def name_birth_key(name: str, birth_date: date) -> str:
    """What the blind index of kind `name_birth` is made of."""
    return f"{name_key(name)} {birth_date.isoformat()}"


def _words(name: str) -> list[str]:
    if name.isascii() and name.replace(" ", "").isalpha():
        return name.upper().split()
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    plain = _APOSTROPHES.sub("", plain.upper())
    before, _, _ = plain.partition(",")  # by custom everything behind a comma is a title
    plain = before if _NO_LETTERS.sub("", before) else plain
    words: list[str] = []
    for word in plain.replace("-", " ").replace("/", " ").split():
        unglued = word
        while _TITLE_GLUED.match(unglued):  # `Dr.Budi`
            unglued = _TITLE_GLUED.sub("", unglued)
        if letters := _NO_LETTERS.sub("", unglued):
            words.append(letters)
    return words


def masked_name(name: str) -> str:
    """The first letter of each word, as `B••• S••••••`."""
    return " ".join(word[0] + "•" * (len(word) - 1) for word in name.split())
