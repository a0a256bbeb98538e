"""The code that a person reads on a device and types elsewhere (RFC 8628 §6.1)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

# Consonants that look and sound unlike one another, so that no word comes out: 20 of them, 8 at a time, are 34 bits.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH, HALF = 8, 4
MOST_TYPED = 64


def new_user_code(choice: Callable[[Sequence[str]], str]) -> str:
    """In its normal form; `choice` draws one of many, evenly."""
    return "".join(choice(ALPHABET) for _ in range(LENGTH))


def shown(user_code: str) -> str:
    return f"{user_code[:HALF]}-{user_code[HALF:]}"


def typed(text: str) -> str | None:
    """The normal form of what was typed, with or without marks between; None for what is no code."""
    if len(text) > MOST_TYPED:
        return None
    plain = unicodedata.normalize("NFKC", text).upper()
    letters = "".join(one for one in plain if one.isalnum())
    return letters if len(letters) == LENGTH and set(letters).issubset(ALPHABET) else None
