"""JSON of strangers has one meaning, or is refused."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapura.crypto.strict_json import MAX_DEPTH, BadJson, load_object

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(value=st.dictionaries(TEXTS, VALUES, max_size=5), ascii_only=st.booleans())
def test_every_plain_object_is_read_as_it_was_written(value: dict[str, object], ascii_only: bool) -> None:
    assert load_object(json.dumps(value, ensure_ascii=ascii_only).encode(), 1_000_000) == value


@given(data=st.binary(max_size=200) | TEXTS.map(str.encode))
def test_any_bytes_give_an_object_or_a_refusal(data: bytes) -> None:
    with suppress(BadJson):
        assert isinstance(load_object(data, 100), dict)


def nested(depth: int, left: str, right: str) -> bytes:
    return f'{{"a":{left * (depth - 1)}1{right * (depth - 1)}}}'.encode()


@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"a":', "}")])
def test_nesting_ends_at_its_limit(left: str, right: str) -> None:
    assert load_object(nested(MAX_DEPTH, left, right), 10_000)
    with pytest.raises(BadJson, match="deep"):
        load_object(nested(MAX_DEPTH + 1, left, right), 10_000)


def test_brackets_in_texts_are_no_nesting_and_hide_none() -> None:
    many = "[" * 100 + '\\"{' * 5
    assert load_object(f'{{"a":"{many}"}}'.encode(), 10_000)
    hidden = f'{{"a":["{"]" * 100}",{"[" * 40}{"]" * 40}]}}'
    with pytest.raises(BadJson, match="deep"):
        load_object(hidden.encode(), 10_000)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"a":1,"a":1}', "twice"),
        ('{"x":{"a":1,"\\u0061":2}}', "twice"),
        ('{"a":NaN}', "number"),
        ('{"a":-Infinity}', "number"),
        ('{"a":-1e400}', "range"),
        ('{"a":"\\u0000"}', "NUL"),
        ('{"\\u0000":1}', "NUL"),
        ('{"a":"\\udc00"}', "JSON"),
        ('{"a":"\x00"}', "JSON"),
        ('{"a":1} {}', "JSON"),
        ('{"a":%s}' % ("9" * 5_000), "JSON"),
        ("[1]", "object"),
        ('"a"', "object"),
        ("", "JSON"),
        ("\ufeff{}", "JSON"),
        ("{}" + " " * 10_000, "bytes"),
    ],
)
def test_what_readers_could_take_in_two_ways_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(BadJson, match=complaint):
        load_object(text.encode(), 10_000)


def test_an_escaped_backslash_before_zeros_is_a_text_like_any_other() -> None:
    assert load_object(rb'{"a":"\\u0000"}', 100) == {"a": "\\u0000"}
