"""Rows of extracts for the tests, and a registry to import them into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from gapura.identity.nik import Nik
from gapura.registry.columns import NAMES
from gapura.registry.importing import Summary

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = NOW.date()

Row: TypeAlias = Mapping[str, str]
Import: TypeAlias = Callable[..., Summary]
WriteExtract: TypeAlias = Callable[..., Path]

PERSON: Row = {
    "nik": "3171011785900001",
    "kk": "3171011288150007",
    "full_name": "BUDI SANTOSO",
    "birth_place": "JAKARTA",
    "birth_date": "1990-05-17",
    "sex": "L",
    "marital_status": "KAWIN",
    "citizenship": "WNI",
    "address_line": "JL. MERDEKA BARAT NO. 17",
    "region_code": "31.71.01.1001",
    "relation": "KEPALA KELUARGA",
    "status": "ACTIVE",
}


def person(**changed: str) -> Row:
    return {**PERSON, **changed}


def number_of(nth: int) -> str:
    """Up to 9,999 NIKs, counted from 1."""
    return f"317101178590{nth:04}"


def somebody(nth: int, **changed: str) -> Row:
    return person(**{"nik": number_of(nth), "full_name": f"WARGA {'ABCDEFGHIJ'[nth % 10]}", **changed})


def cells(row: Row) -> list[str]:
    return [row.get(name, "") for name in NAMES]


def nik(digits: str) -> Nik:
    return Nik.parse(digits, today=TODAY, sandbox=True)
