"""Refresh tokens: texts that prove themselves, and what a presented generation leads to (decision 1).

Of a family only the number of its live generation is stored. A token is
`base64url(version 1 B | grant id 16 B | generation 4 B | tag)`, the tag a MAC of all before it under the server
key of that version; so a successor can be minted again without being stored, and a forged one costs no look-up.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from hmac import compare_digest
from typing import TypeAlias
from uuid import UUID

from gapura.protocol.grant import Grant
from gapura.values import GrantId, Instant, Secret

Mac: TypeAlias = Callable[[int, bytes], bytes | None]
"""The MAC under the server key of a version; None when there is no such version."""

GRACE = timedelta(seconds=30)
GRACE_PUBLIC = timedelta(seconds=10)

_HEAD = 21
_TAG = 18  # with the head 39 bytes: base64 without spare bits, so a token has one spelling
_TEXT = re.compile(r"[A-Za-z0-9_-]{52}")
MOST_GENERATION = 2**32 - 1


@dataclass(frozen=True, slots=True)
class RefreshToken:
    grant_id: GrantId
    generation: int


def mint(token: RefreshToken, version: int, mac: Mac) -> Secret:
    """Raises LookupError when `version` names no server key."""
    head = bytes((version,)) + token.grant_id.bytes + token.generation.to_bytes(4)
    tag = mac(version, head)
    if tag is None:
        raise LookupError(f"no server key of version {version}")
    return Secret(urlsafe_b64encode(head + tag[:_TAG]).decode("ascii"))


def read(text: str, mac: Mac) -> RefreshToken | None:
    """None for anything that was not minted here."""
    if not _TEXT.fullmatch(text):
        return None
    raw = urlsafe_b64decode(text)
    head, tag = raw[:_HEAD], raw[_HEAD:]
    expected = mac(head[0], head)
    if expected is None or not compare_digest(expected[:_TAG], tag):
        return None
    return RefreshToken(GrantId(UUID(bytes=head[1:17])), int.from_bytes(head[17:]))


class Turn(Enum):
    """What a presented refresh token leads to."""

    ROTATE = "rotate"  # the live generation: the next one takes its place
    GRACE = "grace"  # the directly previous one, a moment later: the same successor again
    REUSE = "reuse"  # any older one: somebody else holds the token, the family dies (RFC 9700 §4.14.2)
    REFUSED = "refused"


def turn(grant: Grant | None, generation: int, client_id: str, grace: timedelta, now: Instant) -> Turn:
    """Decide about `generation` of a family, presented by the client at `now`."""
    if grant is None or grant.client_id != client_id or grant.refresh_generation is None:
        return Turn.REFUSED
    if grant.revoked_at is not None or grant.refresh_expires_at is None:
        return Turn.REFUSED
    if now >= grant.expires_at or now >= grant.refresh_expires_at or generation > grant.refresh_generation:
        return Turn.REFUSED
    if generation == grant.refresh_generation:
        return Turn.ROTATE
    is_previous = generation == grant.refresh_generation - 1
    if is_previous and grant.refreshed_at is not None and now - grant.refreshed_at <= grace:
        return Turn.GRACE
    return Turn.REUSE
