"""What one row may be, without a file and without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gapura.identity.citizen import Citizen, Education, MaritalStatus, Relation, Religion, Sex, Status
from gapura.registry.rows import Reject, RowReader
from tests.registry.citizen_rows import TODAY, cells, person


def read(**changed: str) -> Citizen | Reject:
    return RowReader(TODAY, sandbox=True).read(7, cells(person(**changed)))


def taken(**changed: str) -> Citizen:
    citizen = read(**changed)
    assert isinstance(citizen, Citizen)
    return citizen


def test_a_row_becomes_a_citizen() -> None:
    citizen = taken(
        religion="ISLAM", education="SLTA/SEDERAJAT", blood_type="ab+", rt="4", rw="012", postal_code="10110"
    )
    assert (citizen.full_name, citizen.birth_date, citizen.sex) == (
        "BUDI SANTOSO",
        date(1990, 5, 17),
        Sex.MALE,
    )
    assert (citizen.religion, citizen.education) == (Religion.ISLAM, Education.SENIOR_SECONDARY)
    assert (citizen.marital_status, citizen.relation) == (MaritalStatus.MARRIED, Relation.HEAD)
    assert (citizen.blood_type, citizen.rt, citizen.rw, citizen.status) == (
        "AB+",
        "004",
        "012",
        Status.ACTIVE,
    )
    assert (citizen.mother_nik, citizen.merged_into, citizen.occupation) == (None, None, "")


SPELLINGS = [
    ("nik", "3171 0117 8590 0001", "3171011785900001"),
    ("full_name", "  BUDI SANTOSO ", "BUDI SANTOSO"),
    ("full_name", "SUHARTO", "SUHARTO"),
    ("full_name", "X" * 60, "X" * 60),
    ("sex", "Perempuan", Sex.FEMALE),
    ("sex", "F", Sex.FEMALE),
    ("marital_status", "SINGLE", MaritalStatus.SINGLE),
    ("marital_status", "Cerai Mati", MaritalStatus.WIDOWED),
    ("religion", "", None),
    ("blood_type", "TIDAK TAHU", None),
    ("relation", "FAMILI LAIN", Relation.RELATIVE),
    ("status", "deceased", Status.DECEASED),
    ("mother_nik", "3171.0157.9092.0002", "3171015790920002"),
]


@pytest.mark.parametrize(("column", "cell", "value"), SPELLINGS)
def test_a_cell_may_be_spelt_in_several_ways(column: str, cell: str, value: object) -> None:
    assert getattr(taken(**{column: cell}), column) == value


WRONG = [
    ("nik", "", "missing"),
    ("nik", "317101178590000", "nik_digits"),
    ("nik", "3171013285900001", "nik_date"),
    ("nik", "3171011785900000", "nik_serial"),
    ("nik", "3171011705900001", "nik_real"),
    ("kk", "317101128815000", "kk"),
    ("full_name", "", "missing"),
    ("full_name", "B" * 101, "too_long"),
    ("full_name", "BUDI\nSANTOSO", "unprintable"),
    ("full_name", "BUDI\x00", "unprintable"),
    ("full_name", "BUDI \udce9", "unprintable"),
    ("full_name", "12.", "no_letters"),
    ("birth_date", "17-05-1990", "date"),
    ("birth_date", "1990-02-30", "date"),
    ("birth_date", "19900517", "date"),
    ("birth_date", "1990-W20-4", "date"),
    ("birth_date", "2026-11-25", "date_future"),
    ("birth_date", "1895-12-31", "date_ancient"),
    ("sex", "X", "word"),
    ("religion", "PASTAFARI", "word"),
    ("blood_type", "C", "word"),
    ("citizenship", "", "missing"),
    ("rt", "1A", "number"),
    ("rw", "1234", "number"),
    ("region_code", "3171011001", "region"),
    ("region_code", "31.71.01", "region"),
    ("postal_code", "1011", "postal_code"),
    ("mother_nik", "1", "nik_digits"),
    ("mother_nik", "3171011785900001", "itself"),
    ("status", "ALIVE", "word"),
    ("merged_into", "3171015790920002", "not_duplicate"),
]


@pytest.mark.parametrize(("column", "cell", "reason"), WRONG)
def test_a_wrong_cell_is_rejected_by_line_column_and_reason(column: str, cell: str, reason: str) -> None:
    assert read(**{column: cell}) == Reject(7, column, reason)


def test_the_first_wrong_column_is_told() -> None:
    assert read(sex="X", birth_date="yesterday") == Reject(7, "birth_date", "date")


def test_a_duplicate_names_its_survivor() -> None:
    assert read(status="DUPLICATE") == Reject(7, "merged_into", "missing")
    assert read(status="DUPLICATE", merged_into="3171011785900001") == Reject(7, "merged_into", "itself")
    assert taken(status="DUPLICATE", merged_into="3171015790920002").merged_into == "3171015790920002"


def test_production_takes_real_numbers_and_no_synthetic_ones() -> None:
    reader = RowReader(TODAY, sandbox=False)
    assert isinstance(reader.read(2, cells(person(nik="3171011705900001"))), Citizen)
    assert reader.read(2, cells(person())) == Reject(2, "nik", "nik_synthetic")
    real = person(nik="3171011705900001", father_nik="3171011785600001")
    assert reader.read(2, cells(real)) == Reject(2, "father_nik", "nik_synthetic")


def test_what_only_deserves_a_look_is_counted_and_taken() -> None:
    reader = RowReader(TODAY, sandbox=True, districts={"31.71.02"})
    assert isinstance(reader.read(2, cells(person(birth_date="1991-05-17", sex="P"))), Citizen)
    assert reader.warnings == {
        "birth_date_differs": 1,
        "sex_differs": 1,
        "region_unknown": 1,
        "nik_region_unknown": 1,
    }


def test_a_record_gives_the_same_citizen_back() -> None:
    citizen = taken(religion="HINDU", mother_nik="3171015790920002", mother_name="SITI", blood_type="O")
    assert Citizen.from_record(citizen.to_record()) == citizen
    assert replace(citizen, rt="001").to_record() != citizen.to_record()


def test_a_record_of_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format 9"):
        Citizen.from_record(b"[9]")


def test_a_citizen_shows_no_more_than_the_serial() -> None:
    assert repr(taken()) == str(taken()) == "Citizen(••••••••••••0001, ACTIVE)"


@pytest.mark.parametrize(
    ("born", "marital_status", "of_age"),
    [
        ("2009-11-24", "SINGLE", True),
        ("2009-11-25", "SINGLE", False),
        ("2010-11-24", "MARRIED", True),
    ],
    ids=["17 today", "17 tomorrow", "married at 16"],
)
def test_who_may_have_an_account(born: str, marital_status: str, of_age: bool) -> None:
    assert taken(birth_date=born, marital_status=marital_status).of_age(TODAY) is of_age


def test_a_leap_day_has_its_birthday_in_march_of_other_years() -> None:
    citizen = taken(birth_date="2008-02-29")
    assert citizen.age(date(2025, 2, 28)) == 16
    assert citizen.age(date(2025, 3, 1)) == 17
