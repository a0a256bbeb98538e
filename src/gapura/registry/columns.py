"""The columns of an extract, one row each: how a cell becomes a value of the citizen, or why it can't.

A reader takes the cell without outer blanks and raises CellRefused; `docs/registry.md` shows this table to people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from gapura.identity.citizen import Citizenship, Education, MaritalStatus, Relation, Religion, Sex, Status
from gapura.identity.nik import REASONS as NIK_REASONS

Reader: TypeAlias = Callable[[str], object]

REASONS: Mapping[str, str] = {
    **NIK_REASONS,
    "nik_real": "not the number of a synthetic person (month + 80), and the sandbox takes no other",
    "duplicate": "this NIK stands on an earlier line",
    "missing": "is missing",
    "too_long": "is too long",
    "unprintable": "holds a character that cannot be printed or is not UTF-8",
    "no_letters": "holds no letter",
    "date": "is not a date written YYYY-MM-DD",
    "date_future": "lies in the future",
    "date_ancient": "lies more than 130 years back",
    "word": "is none of the words of this column",
    "kk": "a KK number has 16 digits",
    "region": "is not a village's code such as 31.71.01.1001",
    "number": "is not a number of at most three digits",
    "postal_code": "is not five digits",
    "itself": "is the person's own NIK",
    "not_duplicate": "stands only where the status is DUPLICATE",
    "cells": "the row has more or fewer cells than the header",
    "row": "the row cannot be read as CSV",
}


class CellRefused(ValueError):
    """`reason` is a code of REASONS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Column:
    """`read` is None for the NIKs: what they may be depends on the mode (see `rows.py`).

    `own`: hardly two people share this cell.
    """

    name: str
    read: Reader | None
    optional: bool = False
    own: bool = False


def _printable(most: int) -> Reader:
    def read(cell: str) -> str:
        if len(cell) > most:
            raise CellRefused("too_long")
        if not cell.isprintable():
            raise CellRefused("unprintable")
        return cell

    return read


def _name(cell: str) -> str:
    if len(cell) > 100:  # noqa: PLR2004 -- the registry's own limit
        raise CellRefused("too_long")
    if not cell.isprintable():
        raise CellRefused("unprintable")
    if not any(map(str.isalpha, cell)):
        raise CellRefused("no_letters")
    return cell


def _date(cell: str) -> date:
    try:
        if len(cell) == len("YYYY-MM-DD") and cell[7] == "-":  # not a day of a week: 1990-W20-4
            return date.fromisoformat(cell)
    except ValueError:
        pass
    raise CellRefused("date")


def _matching(pattern: str, reason: str, kept: Callable[[str], str] = str) -> Reader:
    matches = re.compile(pattern, re.ASCII).fullmatch

    def read(cell: str) -> str:
        if not matches(cell):
            raise CellRefused(reason)
        return kept(cell)

    return read


def _words(kind: type[StrEnum], indonesian: Mapping[str, StrEnum | None]) -> Reader:
    """The codes themselves, and what the population office writes for them."""
    known: dict[str, StrEnum | None] = {**{word.value: word for word in kind}, **indonesian}

    def read(cell: str) -> StrEnum | None:
        try:
            return known[cell]
        except KeyError:
            if (upper := cell.upper()) in known:
                return known[upper]
        raise CellRefused("word")

    return read


def _blood_type(cell: str) -> str | None:
    if cell.upper() in {"-", "TIDAK TAHU"}:
        return None
    if not _BLOOD_TYPE(cell.upper()):
        raise CellRefused("word")
    return cell.upper()


_BLOOD_TYPE = re.compile(r"(?:AB|A|B|O)[+-]?").fullmatch

RELIGIONS = {
    "KRISTEN": Religion.PROTESTANT,
    "KATOLIK": Religion.CATHOLIC,
    "KATHOLIK": Religion.CATHOLIC,
    "BUDDHA": Religion.BUDDHIST,
    "BUDHA": Religion.BUDDHIST,
    "KHONGHUCU": Religion.CONFUCIAN,
    "KEPERCAYAAN": Religion.BELIEF,
}
MARITAL_STATUSES = {
    "BELUM KAWIN": MaritalStatus.SINGLE,
    "KAWIN": MaritalStatus.MARRIED,
    "KAWIN TERCATAT": MaritalStatus.MARRIED,
    "KAWIN BELUM TERCATAT": MaritalStatus.MARRIED,
    "CERAI HIDUP": MaritalStatus.DIVORCED,
    "CERAI MATI": MaritalStatus.WIDOWED,
}
EDUCATIONS = {
    "TIDAK/BELUM SEKOLAH": Education.NONE,
    "BELUM TAMAT SD/SEDERAJAT": Education.PRIMARY_UNFINISHED,
    "TAMAT SD/SEDERAJAT": Education.PRIMARY,
    "SLTP/SEDERAJAT": Education.JUNIOR_SECONDARY,
    "SLTA/SEDERAJAT": Education.SENIOR_SECONDARY,
    "DIPLOMA I/II": Education.DIPLOMA_2,
    "AKADEMI/DIPLOMA III/S. MUDA": Education.DIPLOMA_3,
    "DIPLOMA IV/STRATA I": Education.BACHELOR,
    "STRATA II": Education.MASTER,
    "STRATA III": Education.DOCTORATE,
}
RELATIONS = {
    "KEPALA KELUARGA": Relation.HEAD,
    "SUAMI": Relation.HUSBAND,
    "ISTRI": Relation.WIFE,
    "ANAK": Relation.CHILD,
    "MENANTU": Relation.CHILD_IN_LAW,
    "CUCU": Relation.GRANDCHILD,
    "ORANG TUA": Relation.PARENT,
    "MERTUA": Relation.PARENT_IN_LAW,
    "FAMILI LAIN": Relation.RELATIVE,
    "PEMBANTU": Relation.DOMESTIC,
    "LAINNYA": Relation.OTHER,
}
SEXES = {"L": Sex.MALE, "LAKI-LAKI": Sex.MALE, "P": Sex.FEMALE, "PEREMPUAN": Sex.FEMALE}

_short = _matching(r"\d{1,3}", "number", lambda cell: cell.zfill(3))

# In the order of the citizen's own attributes.
COLUMNS = (
    Column("nik", None, own=True),
    Column("kk", _matching(r"\d{16}", "kk")),
    Column("full_name", _name, own=True),
    Column("birth_place", _printable(100)),
    Column("birth_date", _date, own=True),
    Column("sex", _words(Sex, SEXES)),
    Column("blood_type", _blood_type, optional=True),
    Column("religion", _words(Religion, RELIGIONS), optional=True),
    Column("marital_status", _words(MaritalStatus, MARITAL_STATUSES)),
    Column("occupation", _printable(100), optional=True),
    Column("education", _words(Education, EDUCATIONS), optional=True),
    Column("citizenship", _words(Citizenship, {})),
    Column("address_line", _printable(200)),
    Column("rt", _short, optional=True),
    Column("rw", _short, optional=True),
    Column("region_code", _matching(r"\d\d\.\d\d\.\d\d\.\d{4}", "region")),
    Column("postal_code", _matching(r"\d{5}", "postal_code"), optional=True),
    Column("relation", _words(Relation, RELATIONS)),
    Column("mother_nik", None, optional=True),
    Column("mother_name", _printable(100), optional=True),
    Column("father_nik", None, optional=True),
    Column("father_name", _printable(100), optional=True),
    Column("status", _words(Status, {})),
    Column("merged_into", None, optional=True),
)
NAMES = tuple(column.name for column in COLUMNS)
# What a cell left empty stands for: a text of no letters where the citizen has a text, else nothing known.
EMPTY = {"occupation": "", "rt": "", "rw": "", "postal_code": "", "mother_name": "", "father_name": ""}
