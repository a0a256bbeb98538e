"""The answer of a consent page, written down with the proof of what the person saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Protocol
from uuid import uuid4

import orjson

from gapura.disclosure.consent import Ask, Consent, decided
from gapura.disclosure.purposes import text_digest, text_version
from gapura.flow.order import Order
from gapura.protocol.client import Client
from gapura.values import AccountId, CitizenId, ClientId, ConsentId, Instant

GOOD_FOR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A consent as it is written down (UU PDP articles 22 to 24)."""

    consent: Consent
    citizen_id: CitizenId
    client_id: ClientId
    legal_basis: str
    text_version: str
    text_digest: bytes
    locale: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a consent form says: the voluntary attributes let go, in which language it was read, and `seen`."""

    ticked: tuple[str, ...]
    locale: str
    seen: str


def seen_by(account_id: AccountId, ask: Ask, locale: str) -> str:
    """What a consent page showed, and to whom: a yes to it says nothing about another page or person."""
    parts = (
        str(account_id),
        text_digest(ask.purposes, locale).hex(),
        *ask.scope,
        "",
        *ask.essential,
        "",
        *ask.voluntary,
        "",
        orjson.dumps(ask.details, option=orjson.OPT_SORT_KEYS).decode(),
    )
    return sha256("\n".join(parts).encode()).hexdigest()


class WritesConsents(Protocol):
    async def write(self, record: ConsentRecord, order: Order) -> None:
        """Let the record stand in place of the one that stood, with its audit row. Raises Unavailable."""
        ...


def consent_record(
    ask: Ask, allowed: Allowed, citizen_id: CitizenId, client: Client, now: Instant
) -> ConsentRecord:
    """The form decides what of the voluntary attributes is let go, and nothing else."""
    attributes = decided(ask, allowed.ticked)
    return ConsentRecord(
        Consent(
            ConsentId(uuid4()),
            ask.purpose_ids,
            ask.scope,
            ask.attributes,
            attributes,
            now,
            now + GOOD_FOR,
            ask.details,
        ),
        citizen_id,
        client.id,
        ask.legal_basis,
        text_version(ask.purposes),
        text_digest(ask.purposes, allowed.locale),
        allowed.locale,
    )
