"""Nonces for DPoP proofs (RFC 9449 §8), which nobody has to keep: each tells its time, and proves itself.

One is `base64url(key version 1 B | home 1 B | seconds 4 B | tag 18 B)`. Its home is the store in which proofs with this
nonce are remembered: when the usual one is lost, what was used there cannot be told any more, and such a proof must not
pass a second time because another store has never seen it (decision 26).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from hmac import compare_digest

from gapura.protocol.refresh_token import Mac
from gapura.values import Instant

NONCE_LIFETIME = timedelta(seconds=60)

_HEAD, _TAG = 6, 18
_TEXT = re.compile(r"[A-Za-z0-9_-]{32}")


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
    head = bytes((version, home.value)) + int(now.timestamp()).to_bytes(4)
    tag = mac(version, head)
    if tag is None:
        raise LookupError(f"no server key of version {version}")
    return urlsafe_b64encode(head + tag[:_TAG]).decode("ascii")


def read_nonce(text: str, mac: Mac) -> Nonce | None:
    """None for anything that was not minted here; whether it is live is another question."""
    if not _TEXT.fullmatch(text):
        return None
    raw = urlsafe_b64decode(text)
    head, tag = raw[:_HEAD], raw[_HEAD:]
    expected = mac(head[0], head)
    if expected is None or not compare_digest(expected[:_TAG], tag):
        return None
    return Nonce(Home(head[1]), datetime.fromtimestamp(int.from_bytes(head[2:]), UTC))
