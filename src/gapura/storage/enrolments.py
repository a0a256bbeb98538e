"""Operators, and the links that enrol them: kept as digests, used up by one statement."""

from __future__ import annotations

from gapura.crypto.blind_index import BlindIndex
from gapura.crypto.keyring import Vault
from gapura.crypto.random_texts import random_text
from gapura.flow.accounts import NewCredentials
from gapura.flow.enrolment import LINK_LIFETIME, Offer
from gapura.flow.order import Order
from gapura.identity.factors.totp import SECRET_BYTES, secret_of
from gapura.storage.database import Database, Transaction
from gapura.storage.new_accounts import NewAccount, add_account, set_credentials
from gapura.storage.records import Records
from gapura.values import AccountId, Instant, Secret, opaque_digest

NAMED = """
select a.account_id, exists (select from credential c where c.account_id = a.account_id)
from account_contact a where a.kind = 'name' and a.digest = any(%s)"""
VOID = "update enrolment set expires_at = %(now)s where account_id = %(id)s and used_at is null and expires_at > %(now)s"
LINK = "insert into enrolment (digest, account_id, expires_at) values (%s, %s, %s)"
OFFER = """
select a.id, a.display_name from enrolment e join account a on a.id = e.account_id and a.status = 'active'
where e.digest = %s and e.used_at is null and e.expires_at > %s"""
USE = """
update enrolment e set used_at = %(now)s from account a
where e.digest = %(digest)s and e.used_at is null and e.expires_at > %(now)s
    and a.id = e.account_id and a.status = 'active'
returning a.id"""


class Enrolments:
    """Implements `flow.enrolment.KeepsEnrolments`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault
        self._records = Records(database, vault)

    async def offer(self, link: Secret, now: Instant) -> Offer | None:
        rows = await self._database.fetch(OFFER, [_digest(link), now])
        if not rows:
            return None
        account_id, name = rows[0]
        # The app's secret comes from the link, so that nothing is stored for a page that nobody finishes.
        derived = self._vault.mac("enrolment-totp", link.reveal().encode())
        return Offer(account_id, name, secret_of(derived[:SECRET_BYTES]))

    async def enrol(self, link: Secret, credentials: NewCredentials, now: Instant) -> AccountId | None:
        async with self._database.transaction() as tx:
            used = await (await tx.execute(USE, {"digest": _digest(link), "now": now})).fetchone()
            if used is None:
                return None
            account_id = AccountId(used[0])
            await set_credentials(tx, self._vault, account_id, credentials, now)
            entry = Order("operator", str(account_id), now).entry("operator.enrol", f"account:{account_id}")
            await self._records.write_audit(tx, entry)
        return account_id


async def create_operator(
    tx: Transaction, vault: Vault, records: Records, name: str, role: str, order: Order
) -> Secret | None:
    """The enrolment link's secret of a new operator, or a new one for somebody who hasn't used theirs.

    `name` in its normal form. None when an operator of this name is enrolled: another link would reset their factors,
    and that takes two people.
    """
    candidates = list(BlindIndex(vault).candidates("operator", name))
    known = await (await tx.execute(NAMED, [candidates])).fetchone()
    if known is not None and known[1]:
        return None
    if known is None:
        account = NewAccount(None, {"operator": name}, display_name=name, roles=frozenset({role}))
        await add_account(tx, vault, records, account, order)
        account_id = account.id
    else:
        account_id = AccountId(known[0])
    return await _new_link(tx, records, account_id, order)


async def _new_link(tx: Transaction, records: Records, account_id: AccountId, order: Order) -> Secret:
    link = Secret(random_text())
    await tx.execute(VOID, {"id": account_id, "now": order.at})
    await tx.execute(LINK, [_digest(link), account_id, order.at + LINK_LIFETIME])
    await records.write_audit(tx, order.entry("operator.invite", f"account:{account_id}"))
    return link


def _digest(link: Secret) -> bytes:
    return opaque_digest(link.reveal())
