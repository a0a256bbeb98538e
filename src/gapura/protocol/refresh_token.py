"""Refresh tokens: texts that prove themselves, and what a presented generation leads to (decision 1).

Of a family only the number of its live generation is stored. A token says its grant and its generation
(`self_proving.py`), so a successor can be minted again without being stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from uuid import UUID

from gapura.protocol.client import Client
from gapura.protocol.grant import Cnf, Grant
from gapura.protocol.self_proving import Mac, mint_text, read_text
from gapura.values import GrantId, Instant, Secret

GRACE = timedelta(seconds=30)
GRACE_PUBLIC = timedelta(seconds=10)

_BODY, _TAG = 16 + 4, 18
MOST_GENERATION = 2**32 - 1


@dataclass(frozen=True, slots=True)
class RefreshToken:
    grant_id: GrantId
    generation: int


def mint(token: RefreshToken, version: int, mac: Mac) -> Secret:
    """Raises LookupError when `version` names no server key."""
    return mint_text(token.grant_id.bytes + token.generation.to_bytes(4), _TAG, version, mac)


def read(text: str, mac: Mac) -> RefreshToken | None:
    """None for anything that was not minted here."""
    body = read_text(text, _BODY, _TAG, mac)
    if body is None:
        return None
    return RefreshToken(GrantId(UUID(bytes=body[:16])), int.from_bytes(body[16:]))


def rotates(client: Client, cnf: Cnf | None) -> bool:
    """Whether each use makes a new token; `cnf` is the key that the client has just proven.

    FAPI 2.0 §5.3.2.1: where a client proves itself and holds a key, a stolen token is worth nothing and a lost answer
    costs nothing.
    """
    return client.profile.rotates_refresh_tokens or client.is_public or cnf is None


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
