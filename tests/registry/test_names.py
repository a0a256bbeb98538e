from __future__ import annotations

from datetime import date

import pytest

from gapura.identity.names import name_birth_key, name_key

SAME = [
    pytest.param("Budi Santoso", "BUDI  SANTOSO ", id="case and blanks"),
    pytest.param("Drs. H. Ma'ruf Al-Amin, M.Si.", "MARUF AL AMIN", id="titles, apostrophe, dash"),
    pytest.param("Ma\u2019ruf", "Ma`ruf", id="a curly apostrophe and a grave"),
    pytest.param("Prof. Dr. Ir. Siti Rahmawati, S.T., M.T., Ph.D.", "Siti Rahmawati", id="titles in a row"),
    pytest.param("Dr.Budi Santoso", "Budi Santoso", id="a title without its blank"),
    pytest.param("Budi Santoso SH", "Budi Santoso", id="a degree without comma and dots"),
    pytest.param("Budi Santoso S.Kom", "Budi Santoso", id="a degree with dots"),
    pytest.param("Suharto", "Suharto Suharto", id="a single name typed twice"),
    pytest.param("Suharto", "Suharto -", id="a single name and a dash"),
    pytest.param("M.Yusuf", "M. Yusuf", id="an initial"),
    pytest.param("Abdul-Rahman", "Abdulrahman", id="a dash or none"),
    pytest.param("José Núñez", "Jose Nunez", id="accents"),
    pytest.param("O'neil", "ONEIL", id="an apostrophe or none"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_a_name_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Budi Santoso", "Santoso Budi"), ("Budi", "Budi Santoso"), ("Siti Rahmawati", "Siti Rahmawaty")],
)
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize("name", ["H", "Dr.", "Ma", "SE", "Dr. SH"])
def test_a_title_alone_is_a_name(name: str) -> None:
    assert name_key(name)


@pytest.mark.parametrize("name", ["", " . ", ",", "--"])
def test_no_letters_make_no_key(name: str) -> None:
    assert not name_key(name)


def test_the_birth_date_is_part_of_the_key() -> None:
    assert name_birth_key("Budi", date(1990, 5, 17)) != name_birth_key("Budi", date(1990, 5, 18))
