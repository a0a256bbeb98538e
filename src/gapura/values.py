"""The few values that every package may know: ids, instants, secrets, and what is kept of a secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NewType
from uuid import UUID

AccountId = NewType("AccountId", UUID)
AgencyId = NewType("AgencyId", str)
CitizenId = NewType("CitizenId", UUID)
ClientId = NewType("ClientId", str)
ConsentId = NewType("ConsentId", UUID)
GrantId = NewType("GrantId", UUID)
PurposeId = NewType("PurposeId", UUID)
SessionId = NewType("SessionId", UUID)
TokenId = NewType("TokenId", UUID)

Instant = datetime
"""A point in time, always aware and in UTC."""

# The levels of assurance, as `acr` names them; `identity/acr.py` says what reaches which.
LOW = "urn:gapura:loa:low"
SUBSTANTIAL = "urn:gapura:loa:substantial"
HIGH = "urn:gapura:loa:high"


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that must never be printed: `reveal` is the only way to its value."""

    _value: str

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)


def opaque_digest(text: str) -> bytes:
    """What is kept of a random text of ours, such as a code: SHA-256, for 256 random bits need no slow hash.

    Never of a password: those are for `crypto/passwords.py`.
    """
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
