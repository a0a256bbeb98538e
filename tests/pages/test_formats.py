from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gapura.web.formats import ZONES, Formats, nik, phone
from gapura.web.locale import Languages

EVENING = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)  # already the 25th in Jakarta


@pytest.fixture
def indonesian(languages: Languages) -> Formats:
    return Formats(languages.by_code["id"])


@pytest.fixture
def english(languages: Languages) -> Formats:
    return Formats(languages.by_code["en"])


def test_a_date_has_its_month_in_words(indonesian: Formats, english: Formats) -> None:
    assert indonesian.long_date(date(1990, 5, 17)) == "17 Mei 1990"
    assert english.long_date(date(1990, 5, 17)) == "17 May 1990"


def test_an_instant_is_shown_on_the_clock_of_jakarta(indonesian: Formats) -> None:
    assert indonesian.instant(EVENING) == "25 November 2026, 00.30 WIB"
    assert indonesian.short_date(EVENING) == "25 Nov 2026"


@pytest.mark.parametrize(
    ("zone", "shown"), [("WIB", "00.30 WIB"), ("WITA", "01.30 WITA"), ("WIT", "02.30 WIT")]
)
def test_each_zone_has_its_name(languages: Languages, zone: str, shown: str) -> None:
    for code in ("id", "en"):
        assert Formats(languages.by_code[code], ZONES[zone]).time(EVENING) == shown


def test_numbers_have_points_between_thousands(indonesian: Formats) -> None:
    assert indonesian.number(278696200) == "278.696.200"
    assert indonesian.rupiah(1250000) == "Rp\u00a01.250.000"


@pytest.mark.parametrize(
    ("days", "shown"),
    [(3650, "10 tahun"), (365, "1 tahun"), (90, "3 bulan"), (100, "100 hari"), (1, "1 hari"), (0, "0 hari")],
)
def test_a_legal_limit_is_never_rounded(indonesian: Formats, days: int, shown: str) -> None:
    assert indonesian.duration(days) == shown


def test_english_knows_one_and_many(english: Formats) -> None:
    assert english.duration(365) == "1 year"
    assert english.duration(730) == "2 years"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("gender", "F", "Perempuan"),
        ("nik", "3171011785900001", "3171\u00a00117\u00a08590\u00a00001"),
        ("phone", "+6281234567890", "+62 812-3456-7890"),
        ("birthdate", date(1990, 5, 17), "17 Mei 1990"),
        ("name", "SUHARTINI", "SUHARTINI"),
        ("religion", "BELIEF", "Kepercayaan terhadap Tuhan Yang Maha Esa"),
        ("education", "SOMETHING_NEW", "SOMETHING_NEW"),
        ("email", None, "—"),
        ("email", "", "—"),
    ],
)
def test_an_attribute_reads_as_its_owner_writes_it(
    indonesian: Formats, name: str, value: str | date | None, shown: str
) -> None:
    assert indonesian.attribute(value, name) == shown


def test_a_masked_nik_keeps_its_groups() -> None:
    assert nik("••••••••••••0001") == "••••\u00a0••••\u00a0••••\u00a00001"


def test_a_foreign_number_stays_as_it_is() -> None:
    assert phone("+6591234567") == "+6591234567"
