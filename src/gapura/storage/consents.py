"""Standing consents of citizens."""

from __future__ import annotations

from dataclasses import dataclass

from gapura.disclosure.consent import Ask, Consent
from gapura.storage.database import Database, Row, Transaction
from gapura.values import CitizenId, ClientId, ConsentId, Instant

CONSENT = "c.id, c.purpose_ids, c.scope, c.asked, c.attributes, c.granted_at, c.expires_at"
"""The columns that `consent_of` reads, in its order."""

_REPLACE = """
update consent set ended_at = %s, end_reason = 'replaced'
where citizen_id = %s and client_id = %s and ended_at is null
"""
_GRANT = """
insert into consent (id, citizen_id, client_id, purpose_ids, scope, asked, attributes, legal_basis, text_version,
                     text_digest, locale, granted_at, expires_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_END = """
update consent set ended_at = %s, end_reason = %s
where citizen_id = %s and client_id = %s and ended_at is null
"""
_END_GRANTS = """
update grants set revoked_at = %s, revoke_reason = %s
where citizen_id = %s and client_id = %s and revoked_at is null
"""
_STANDING = f"""
select c.client_id, c.legal_basis, {CONSENT},
       (select max(g.created_at) from grants g where g.citizen_id = c.citizen_id and g.client_id = c.client_id
                                               and g.revoked_at is null)
from consent c where c.citizen_id = %s and c.ended_at is null order by c.granted_at desc
"""


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A consent as it is written down: with the proof of what the person saw (UU PDP articles 22 to 24)."""

    consent: Consent
    citizen_id: CitizenId
    client_id: ClientId
    legal_basis: str
    text_version: str
    text_digest: bytes
    locale: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A client that a citizen is connected to, with the last sign-in there."""

    client_id: ClientId
    legal_basis: str
    consent: Consent
    last_used_at: Instant | None


class Consents:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def standing(self, citizen_id: CitizenId) -> tuple[Connection, ...]:
        rows = await self._database.fetch(_STANDING, (citizen_id,))
        return tuple(Connection(row[0], row[1], consent_of(row[2:9]), row[9]) for row in rows)


async def write_consent(tx: Transaction, record: ConsentRecord) -> None:
    """Write the answer of a consent page; it replaces the one that stood."""
    consent = record.consent
    await tx.execute(_REPLACE, (consent.granted_at, record.citizen_id, record.client_id))
    await tx.execute(
        _GRANT,
        (
            consent.id, record.citizen_id, record.client_id, list(consent.purpose_ids), list(consent.scope),
            list(consent.asked), list(consent.attributes), record.legal_basis, record.text_version,
            record.text_digest, record.locale, consent.granted_at, consent.expires_at,
        ),
    )  # fmt: skip


async def end_consent(
    tx: Transaction, citizen_id: CitizenId, client_id: ClientId, reason: str, now: Instant
) -> bool:
    """End the consent and every grant that stands on it; False when none stood."""
    ended = await tx.execute(_END, (now, reason, citizen_id, client_id))
    await tx.execute(_END_GRANTS, (now, reason, citizen_id, client_id))
    return ended.rowcount > 0


def consent_of(row: Row) -> Consent:
    return Consent(ConsentId(row[0]), tuple(row[1]), tuple(row[2]), tuple(row[3]), tuple(row[4]), row[5], row[6])


def consent_from(ask: Ask, consent_id: ConsentId, attributes: tuple[str, ...], now: Instant, until: Instant) -> Consent:
    return Consent(consent_id, ask.purpose_ids, ask.scope, ask.attributes, attributes, now, until)
