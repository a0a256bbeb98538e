"""Nonces for DPoP proofs (RFC 9449 §8), which nobody has to keep: each tells its time, and proves itself.

One says its home and its second (`self_proving.py`). Its home is the store in which proofs with this
nonce are remembered: when the usual one is lost, what was used there cannot be told any more, and such a proof must not
pass a second time because another store has never seen it (decision 26).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from gapura.protocol.self_proving import Mac, mint_text, read_text
from gapura.values import Instant

NONCE_LIFETIME = timedelta(seconds=60)

_BODY, _TAG = 1 + 4, 18


class Home(Enum):
    CACHE = 0
    DATABASE = 1


@dataclass(frozen=True, slots=True)
class Nonce:
    home: Home
    issued_at: Instant

    def is_live(self, now: Instant) -> bool:
        return now - self.issued_at < NONCE_LIFETIME


def mint_nonce(home: Home, now: Instant, version: int, mac: Mac) -> str:
    """Raises LookupError when `version` names no server key."""
    body = bytes((home.value,)) + int(now.timestamp()).to_bytes(4)
    return mint_text(body, _TAG, version, mac).reveal()


def read_nonce(text: str, mac: Mac) -> Nonce | None:
    """None for anything that was not minted here; whether it is live is another question."""
    body = read_text(text, _BODY, _TAG, mac)
    if body is None:
        return None
    return Nonce(Home(body[0]), datetime.fromtimestamp(int.from_bytes(body[1:]), UTC))
