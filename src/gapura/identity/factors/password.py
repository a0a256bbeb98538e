"""Passwords (NIST SP 800-63B §5.1.1): length and nothing else, in one composed form."""

from __future__ import annotations

import unicodedata

from gapura.identity.factors.factor import Factor
from gapura.values import Secret

FACTOR = Factor("password", "pwd", second=False)

SHORTEST, LONGEST = 12, 256


def normalised(password: Secret) -> str:
    """NFKC: one password, whichever way a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password.reveal())


def fault(password: Secret) -> str | None:
    """What keeps `password` from becoming somebody's: a code for the page; None when nothing does."""
    length = len(normalised(password))
    if length < SHORTEST:
        return "password_short"
    return "password_long" if length > LONGEST else None


def may_be_one(password: Secret) -> bool:
    """Whether this is worth hashing: an older rule may have allowed shorter ones, none longer ones."""
    return 0 < len(password.reveal()) <= LONGEST * 4 and len(normalised(password)) <= LONGEST
