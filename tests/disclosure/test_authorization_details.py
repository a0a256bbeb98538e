from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gapura.disclosure.authorization_details import (
    DETAIL_TYPES,
    KNOWN_DETAILS,
    Detail,
    attributes_in,
    is_within,
    levels_of,
)
from gapura.disclosure.consent import ask_of, covers
from gapura.values import LOW, SUBSTANTIAL
from gapura.web.labels import LABELS
from tests.disclosure.test_consent import BY_SCOPE, NOW, consent

LOOK_UP: dict[str, Any] = {
    "type": "citizen_data",
    "datatypes": ["name", "nik"],
    "reference": "PEM-2026/00417",
}
FILING: dict[str, Any] = {"type": "tax_return", "actions": ["submit", "prepare"], "tax_year": 2025}

REFUSED: list[Any] = [
    pytest.param(FILING | {"amount": 1}, "takes actions, tax_year", id="RFC 9396 §5 an unknown element"),
    pytest.param({"type": "tax_return", "tax_year": 2025}, "takes", id="RFC 9396 §5 a missing element"),
    pytest.param(FILING | {"actions": ["submit", "pay"]}, "prepare, submit", id="RFC 9396 §5 a value"),
    pytest.param(FILING | {"actions": []}, "no list", id="no action"),
    pytest.param(FILING | {"actions": "submit"}, "no list", id="RFC 9396 §5 no list"),
    pytest.param(FILING | {"actions": [["submit"]]}, "no list", id="a list in a list"),
    pytest.param(FILING | {"tax_year": "2025"}, "no year", id="RFC 9396 §5 a year as text"),
    pytest.param(FILING | {"tax_year": True}, "no year", id="a year as boolean"),
    pytest.param(FILING | {"tax_year": 1999}, "no year", id="a year out of range"),
    pytest.param(LOOK_UP | {"datatypes": ["religion"]}, "datatypes", id="data that is never offered"),
    pytest.param(LOOK_UP | {"reference": "3171011785900001"}, "no file number", id="a NIK as file number"),
    pytest.param(
        LOOK_UP | {"reference": "NIK 3171-0117-8590-0001"}, "no file number", id="a NIK with dashes"
    ),
    pytest.param(LOOK_UP | {"reference": "<b>x</b>"}, "no file number", id="markup"),
    pytest.param(LOOK_UP | {"reference": "x" * 41}, "no file number", id="a long file number"),
    pytest.param(
        {"type": "social_security", "actions": ["read"], "program": ["health"]},
        "program",
        id="a list as value",
    ),
]


@pytest.mark.parametrize(("detail", "said"), REFUSED)
def test_what_a_type_does_not_take_is_refused_and_named(detail: Detail, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        KNOWN_DETAILS.read(detail)


def test_a_type_that_is_not_known_is_no_type() -> None:
    with pytest.raises(KeyError):
        KNOWN_DETAILS.read({"type": "payment"})


def test_values_come_in_one_order_and_once() -> None:
    assert KNOWN_DETAILS.read(FILING | {"actions": ["submit", "prepare", "submit"]}) == {
        "type": "tax_return",
        "actions": ["prepare", "submit"],
        "tax_year": 2025,
    }


WITHIN = [
    pytest.param(FILING, True, id="the same"),
    pytest.param(FILING | {"actions": ["submit"]}, True, id="fewer actions"),
    pytest.param(FILING | {"tax_year": 2024}, False, id="another year"),
    pytest.param({"type": "tax_return", "actions": ["submit"]}, False, id="an element left out"),
    pytest.param(LOOK_UP, False, id="another type"),
]


@pytest.mark.parametrize(("asked", "is_less"), WITHIN)
def test_less_of_what_was_agreed_is_within_it_and_nothing_else_is(asked: Detail, is_less: bool) -> None:
    assert is_within(asked, (LOOK_UP | {"reference": "X"}, FILING)) is is_less


def test_the_level_is_that_of_the_type_and_of_the_data() -> None:
    assert levels_of(LOOK_UP) == {LOW, SUBSTANTIAL}
    assert levels_of(LOOK_UP | {"datatypes": ["name"]}) == {LOW}
    assert levels_of(FILING) == {SUBSTANTIAL}
    assert attributes_in((LOOK_UP, FILING)) == {"name", "nik"}


def test_a_detail_is_asked_for_again_when_it_grows() -> None:
    ask = ask_of(("openid",), (), BY_SCOPE, (FILING,))
    standing = replace(consent(ask), details=ask.details)
    assert covers(standing, ask, NOW)
    assert covers(standing, ask_of(("openid",), (), BY_SCOPE, (FILING | {"actions": ["submit"]},)), NOW)
    assert not covers(standing, ask_of(("openid",), (), BY_SCOPE, (FILING | {"tax_year": 2026},)), NOW)
    assert not covers(consent(ask), ask, NOW)


def test_a_detail_about_data_brings_the_purpose_that_names_it() -> None:
    ask = ask_of((), (), BY_SCOPE, (LOOK_UP | {"datatypes": ["email"]},))
    assert [purpose.code for purpose in ask.purposes] == ["p2"]
    assert ask.attributes == ()  # looked up by the agency, not sent with the sign-in
    assert ask.details


def test_a_detail_about_data_without_a_purpose_of_the_client_asks_for_nothing() -> None:
    ask = ask_of(("openid",), (), BY_SCOPE, (LOOK_UP | {"datatypes": ["email", "phone"]}, FILING))
    assert ask.details == (FILING,)


def test_every_type_element_and_value_has_its_words() -> None:
    for row in DETAIL_TYPES.values():
        assert row.name in LABELS["detail_type"]
        for element in row.elements:
            assert element.name in LABELS["detail_element"]
            assert not element.labels or set(element.values) <= LABELS[element.labels].keys()
