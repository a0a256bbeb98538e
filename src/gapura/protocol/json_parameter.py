"""JSON that came as the value of a parameter: one meaning for every reader, or refused (RFC 8259 §4)."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NoReturn

from gapura.errors import OAuthError

MOST_INTEGER = 2**53 - 1


def read_json(text: str, name: str, most: int, error: str = "invalid_request") -> Any:  # noqa: ANN401 -- whatever stands there
    """Raises OAuthError(`error`) for more than `most` characters, a name that stands twice, and what is no JSON."""
    if len(text) > most:
        raise OAuthError(error, description=f"{name} is longer than {most} characters")
    try:
        return json.loads(
            text,
            object_pairs_hook=_once_each,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_exact,
        )
    except (ValueError, RecursionError):
        raise OAuthError(error, description=f"{name} is no JSON") from None


def is_plain(text: str) -> bool:
    """Neither NUL nor a lone surrogate, which JSON can write as escapes and no store or token can hold."""
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _exact(text: str) -> int:
    """RFC 8259 §6: what is larger, other readers round."""
    number = int(text)
    if abs(number) > MOST_INTEGER:
        raise ValueError("the number is out of range")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError("the number is out of range")
    return number
