"""Texts made of chance, for codes, secrets, cookies and ids."""

from __future__ import annotations

import secrets
from collections.abc import Sequence


def random_text() -> str:
    """256 bits that nobody may guess; what is kept of one is `values.opaque_digest`."""
    return secrets.token_urlsafe(32)


def random_id() -> str:
    """For what is public, such as a client's id: unlike the next one, and short enough to be read aloud."""
    return secrets.token_hex(8)


def random_letter(alphabet: Sequence[str]) -> str:
    return secrets.choice(alphabet)
