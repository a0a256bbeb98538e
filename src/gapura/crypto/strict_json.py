"""JSON of strangers: one meaning for every reader, or refused (RFC 8259 §4, RFC 8725 §3.10)."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from math import isfinite
from typing import Any, NoReturn

MAX_DEPTH = 32
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}


class BadJson(ValueError):
    """The text isn't strict JSON; the message never quotes it."""


def load_object(data: bytes, limit: int) -> dict[str, Any]:
    """As `load_value`, for an object; raises BadJson on another kind of value too."""
    value = load_value(data, limit)
    if not isinstance(value, dict):
        raise BadJson("not an object")
    return value


def load_value(data: bytes, limit: int) -> Any:  # noqa: ANN401 -- whatever stands there
    """Read JSON of at most `limit` bytes.

    Raises BadJson on more bytes, bad UTF-8, duplicate names, NaN and numbers that overflow, nesting over 32, NUL and
    lone surrogates.
    """
    if len(data) > limit:
        raise BadJson(f"over {limit} bytes")
    try:
        text = data.decode()
        _check_depth(text)
        value = _DECODER.decode(text)
        if "\\u" in text:
            _check_characters(value)
    except BadJson:
        raise
    except (ValueError, RecursionError):
        raise BadJson("not JSON") from None
    return value


def _check_depth(text: str) -> None:
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    outside_strings = _STRING.sub("", text)
    if max(accumulate(_STEPS.get(character, 0) for character in outside_strings), default=0) > MAX_DEPTH:
        raise BadJson(f"nested over {MAX_DEPTH} deep")


def _check_characters(value: object) -> None:
    """Neither PostgreSQL nor UTF-8 can hold what fails here."""
    if isinstance(value, str):
        value.encode()  # a lone surrogate raises UnicodeEncodeError, a ValueError
        if "\x00" in value:
            raise BadJson("holds NUL")
    elif isinstance(value, list | dict):
        for inner in value:
            _check_characters(inner)
        for inner in value.values() if isinstance(value, dict) else ():
            _check_characters(inner)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJson("holds a name twice")
    return found


def _constant(_: str) -> NoReturn:
    raise BadJson("not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise BadJson("number out of range")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_float=_finite)
