"""The NIK's rules, by their numbers in the domain's description."""

from __future__ import annotations

from datetime import date

import pytest

from gapura.identity.nik import Nik, NikRefused, Sex

TODAY = date(2026, 11, 24)

TAKEN = [
    pytest.param("3171011705900001", date(1990, 5, 17), Sex.MALE, id="a man"),
    pytest.param("3171015710920002", date(1992, 10, 17), Sex.FEMALE, id="2-a woman's day is raised by 40"),
    pytest.param("3171 0117 0590 0001", date(1990, 5, 17), Sex.MALE, id="1-blanks"),
    pytest.param(" 31.71.01.170590.0001\u00a0", date(1990, 5, 17), Sex.MALE, id="1-dots and a hard blank"),
    pytest.param("3171012411260001", date(2026, 11, 24), Sex.MALE, id="2-born today"),
    pytest.param("3171012511260001", date(1926, 11, 25), Sex.MALE, id="2-tomorrow is a century ago"),
    pytest.param("3171012902000001", date(2000, 2, 29), Sex.MALE, id="2-a leap day"),
    pytest.param("3171012902280001", date(1928, 2, 29), Sex.MALE, id="2-a leap day a century ago"),
    pytest.param("3171017112999999", date(1999, 12, 31), Sex.FEMALE, id="2-the last day"),
    pytest.param(
        "9999990101700001", date(1970, 1, 1), Sex.MALE, id="3-an unknown region is no reason to refuse"
    ),
]

REFUSED = [
    pytest.param("", "nik_digits", id="nothing"),
    pytest.param("317101170590001", "nik_digits", id="15 digits"),
    pytest.param("31710117059000011", "nik_digits", id="17 digits"),
    pytest.param("3171011705900001x", "nik_digits", id="a letter"),
    pytest.param("３１７１０１１７０５９０000１", "nik_digits", id="full-width digits"),  # noqa: RUF001 -- the confusable is the case
    pytest.param("3171-0117-0590-0001", "nik_digits", id="dashes"),
    pytest.param("3171010005900001", "nik_date", id="2-day 0"),
    pytest.param("3171013205900001", "nik_date", id="2-day 32"),
    pytest.param("3171014005900001", "nik_date", id="2-day 40"),
    pytest.param("3171017205900001", "nik_date", id="2-day 72"),
    pytest.param("3171011700900001", "nik_date", id="2-month 0"),
    pytest.param("3171011713900001", "nik_date", id="2-month 13"),
    pytest.param("3171013104900001", "nik_date", id="2-31 April"),
    pytest.param("3171017002900001", "nik_date", id="2-30 February of a woman"),
    pytest.param("3171012902010001", "nik_date", id="2-no leap year"),
    pytest.param("3171011705900000", "nik_serial", id="3-serial 0000"),
    pytest.param("3171011780900001", "nik_date", id="5-month 80"),
    pytest.param("3171011793900001", "nik_date", id="5-month 93"),
    pytest.param("3171011785900001", "nik_synthetic", id="5-a synthetic person in production"),
]


@pytest.mark.parametrize(("text", "birth_date", "sex"), TAKEN)
def test_a_nik_is_taken_and_hints_at_its_person(text: str, birth_date: date, sex: Sex) -> None:
    nik = Nik.parse(text, today=TODAY, sandbox=False)
    assert (nik.birth_date_hint, nik.sex_hint, nik.synthetic) == (birth_date, sex, False)
    assert len(nik.digits) == 16


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_a_text_that_is_no_nik_is_refused(text: str, reason: str) -> None:
    with pytest.raises(NikRefused) as refused:
        Nik.parse(text, today=TODAY, sandbox=False)
    assert refused.value.reason == reason


@pytest.mark.parametrize("text", [case.values[0] for case in REFUSED if case.values[0]])
def test_a_refusal_repeats_nothing_of_what_was_typed(text: str) -> None:
    with pytest.raises(NikRefused) as refused:
        Nik.parse(text, today=TODAY, sandbox=False)
    assert text not in f"{refused.value!r}{refused.value}"


def test_the_sandbox_takes_synthetic_people() -> None:
    nik = Nik.parse("3171015790920002", today=TODAY, sandbox=True)
    assert (nik.birth_date_hint, nik.sex_hint, nik.synthetic) == (date(1992, 10, 17), Sex.FEMALE, True)


def test_a_nik_shows_no_more_than_its_serial() -> None:
    nik = Nik.parse("3171011705900001", today=TODAY, sandbox=False)
    assert repr(nik) == str(nik) == "Nik(••••••••••••0001)"


def test_two_spellings_are_one_nik() -> None:
    typed, stored = (
        Nik.parse(text, today=TODAY, sandbox=False) for text in ("3171 0117 0590 0001", "3171011705900001")
    )
    assert typed == stored
    assert hash(typed) == hash(stored)


def test_an_unknown_region_is_a_warning() -> None:
    nik = Nik.parse("3171011705900001", today=TODAY, sandbox=False)
    assert nik.district == "31.71.01"
    assert nik.warnings({"31.71.01"}) == ()
    assert nik.warnings({"31.71.02"}) == ("nik_region_unknown",)
