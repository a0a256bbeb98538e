"""Standing consents of citizens."""

from __future__ import annotations

import orjson

from gapura.disclosure.consent import Consent
from gapura.flow.account import ConnectedClient
from gapura.flow.agree import ConsentRecord
from gapura.flow.order import Order
from gapura.storage import grant_ends
from gapura.storage.database import Database, Row
from gapura.storage.outbox import enqueue_logouts
from gapura.storage.records import Records
from gapura.values import CitizenId, ClientId, ConsentId

CONSENT = (
    "c.id, c.purpose_ids, c.scope, c.asked, c.attributes, c.granted_at, c.expires_at, c.authorization_details"
)
"""The columns that `consent_of` reads, in its order."""

_REPLACE = """
update consent set ended_at = %s, end_reason = 'replaced'
where citizen_id = %s and client_id = %s and ended_at is null
"""
_GRANT = """
insert into consent (id, citizen_id, client_id, purpose_ids, scope, asked, attributes, legal_basis, text_version,
                     text_digest, locale, granted_at, expires_at, authorization_details)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)
"""
# What is no longer let go stays here from now on, whichever older grant would still hand it out.
_NARROW_GRANTS = """
update grants set attributes = array(select name from unnest(attributes) name where name <> all(%(declined)s))
where citizen_id = %(citizen)s and client_id = %(client)s and revoked_at is null and attributes && %(declined)s
"""
# Decision 16: on another legal basis there is nothing to withdraw.
_END = """
update consent set ended_at = %s, end_reason = %s
where citizen_id = %s and client_id = %s and ended_at is null and legal_basis = 'CONSENT'
returning id
"""
_SESSIONS = """
select s.id from session s join account a on a.id = s.account_id join session_client c on c.session_id = s.id
where a.citizen_id = %s and c.client_id = %s and s.ended_at is null
"""
_ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
_STANDING = f"""
select c.client_id, c.legal_basis, {CONSENT},
       (select max(g.created_at) from grants g where g.citizen_id = c.citizen_id and g.client_id = c.client_id
                                               and g.revoked_at is null)
from consent c where c.citizen_id = %s and c.ended_at is null order by c.granted_at desc
"""


class Consents:
    """Implements `flow.agree.WritesConsents`, and reads and ends what a citizen agreed to."""

    def __init__(self, database: Database, records: Records) -> None:
        self._database = database
        self._records = records

    async def standing(self, citizen_id: CitizenId) -> tuple[ConnectedClient, ...]:
        rows = await self._database.fetch(_STANDING, (citizen_id,))
        return tuple(ConnectedClient(row[0], row[1], consent_of(row[2:10]), row[10]) for row in rows)

    async def write(self, record: ConsentRecord, order: Order) -> None:
        consent, now = record.consent, order.at
        async with self._database.transaction() as tx:
            # Two answers at once: the second waits here, and then replaces the first.
            await tx.execute(_ONE_AT_A_TIME, (f"{record.citizen_id}{record.client_id}",))
            await tx.execute(_REPLACE, (now, record.citizen_id, record.client_id))
            values = (
                consent.id, record.citizen_id, record.client_id, list(consent.purpose_ids), list(consent.scope),
                list(consent.asked), list(consent.attributes), record.legal_basis, record.text_version,
                record.text_digest, record.locale, consent.granted_at, consent.expires_at,
                orjson.dumps(consent.details).decode() if consent.details else None,
            )  # fmt: skip
            await tx.execute(_GRANT, values)
            declined = [name for name in consent.asked if name not in consent.attributes]
            narrowed = {"declined": declined, "citizen": record.citizen_id, "client": record.client_id}
            await tx.execute(_NARROW_GRANTS, narrowed)
            detail = {
                "client": record.client_id,
                "attributes": consent.attributes,
                "text": record.text_version,
            }
            if consent.details:
                detail["details"] = tuple(one["type"] for one in consent.details)
            await self._records.write_audit(tx, order.entry("consent.given", f"consent:{consent.id}", detail))

    async def withdraw(self, citizen_id: CitizenId, client_id: ClientId, order: Order) -> bool:
        """End the consent, every grant that stands on it, and the sessions at the client. False when none stood that can be."""
        now = order.at
        async with self._database.transaction() as tx:
            ended = await (await tx.execute(_END, (now, "withdrawn", citizen_id, client_id))).fetchone()
            if ended is None:
                return False
            await tx.execute(*grant_ends.of_consent(citizen_id, client_id, now, "withdrawn"))
            sessions = await (await tx.execute(_SESSIONS, (citizen_id, client_id))).fetchall()
            await enqueue_logouts(tx, [row[0] for row in sessions], now, [client_id])
            entry = order.entry("consent.withdrawn", f"consent:{ended[0]}", {"client": client_id})
            await self._records.write_audit(tx, entry)
        return True


def consent_of(row: Row) -> Consent:
    return Consent(
        ConsentId(row[0]),
        tuple(row[1]),
        tuple(row[2]),
        tuple(row[3]),
        tuple(row[4]),
        row[5],
        row[6],
        tuple(row[7] or ()),
    )
