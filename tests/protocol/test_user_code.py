from __future__ import annotations

import secrets

from hypothesis import given
from hypothesis import strategies as st

from gapura.protocol.user_code import ALPHABET, LENGTH, new_user_code, shown, typed

CODES = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)
MARKS = st.text(" -.·–\t", max_size=3)


@given(CODES, st.lists(MARKS, min_size=LENGTH, max_size=LENGTH), st.booleans())
def test_marks_and_case_change_no_code(code: str, marks: list[str], small: bool) -> None:
    written = "".join(letter + mark for letter, mark in zip(code, marks, strict=True))
    assert typed(written.lower() if small else written) == code
    assert typed(shown(code)) == code


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_code_of_ours_or_none(text: str) -> None:
    found = typed(text)
    assert found is None or (len(found) == LENGTH and set(found) <= set(ALPHABET))


def test_a_new_code_is_in_its_normal_form() -> None:
    code = new_user_code(secrets.choice)
    assert typed(code) == code
