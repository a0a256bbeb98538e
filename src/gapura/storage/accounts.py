"""Accounts: found by what people type, read as the person behind them.

A person is one statement: account, registry status of the visible version, enrolled factors and roles, as they stand
at that moment. Nothing of it is cached, so whoever is suspended or deceased is so on every worker at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from gapura.crypto.blind_index import BlindIndex
from gapura.crypto.keyring import Vault
from gapura.flow.accounts import Found, TotpCredential
from gapura.identity.contacts import Contacts, Identifier
from gapura.identity.factors import second_factors
from gapura.identity.person import Person
from gapura.identity.session import Browser
from gapura.storage.database import Database, Row
from gapura.storage.gather import Gather
from gapura.values import AccountId, Instant, Secret

PERSON = """
p.account_id, p.kind, p.citizen_id, p.account_status, p.citizen_status, p.locale,
array(select c.kind from credential c where c.account_id = p.account_id),
array(select r.role from account_role r where r.account_id = p.account_id)"""
"""The columns that `person_of` reads, in its order, of the view `person` as `p`."""

PERSONS = f"select {PERSON} from person p where p.account_id = any(%s)"

_PROOF = f"""{PERSON},
(select c.secret from credential c where c.account_id = p.account_id and c.kind = 'password'),
exists (select from known_browser b where b.account_id = p.account_id and b.digest = %(device)s)"""

FIND_BY_NIK = f"""
select {_PROOF} from person p
where p.citizen_id in (
    select i.citizen_id from citizen_index i join registry_load l on l.id = i.load_id and l.state = 'visible'
    where i.nik = any(%(digests)s)
) limit 1"""
# An address that nobody confirmed is not a way in: it may be somebody else's.
FIND_BY_CONTACT = f"""
select {_PROOF} from account_contact a join person p on p.account_id = a.account_id
where a.digest = any(%(digests)s) and a.kind = %(kind)s and a.verified_at is not null limit 1"""
FIND_BY_ID = f"select {_PROOF} from person p where p.account_id = %(id)s"
# Who can't be known costs the same statement as who can.
CONTACT_KINDS = {"email": "email", "phone": "phone", "operator": "name", "unknown": "name"}

CONTACTS = "select kind, value, verified_at from account_contact where account_id = %s"
TOTP = "select id, secret from credential where account_id = %s and kind = 'totp' order by created_at"
# RFC 6238 §5.2: a code is taken once. Raising the step is the claim.
USE_STEP = """
update credential set last_step = %(step)s, used_at = %(now)s
where account_id = %(account)s and id = %(id)s and kind = 'totp' and (last_step is null or last_step < %(step)s)"""
REHASH = "update credential set secret = %s where account_id = %s and kind = 'password' and secret = %s"

CONTACT_PURPOSE, TOTP_PURPOSE, DEVICE_PURPOSE = "contact", "totp", "known-browser"


class Accounts:
    """Implements `flow.accounts.KeepsAccounts`, `flow.visit.ReadsPeople` and `flow.facts.ReadsContacts`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault, self._index = database, vault, BlindIndex(vault)
        self._persons: Gather[AccountId, Person | None] = Gather(self._read_persons)

    async def find(self, identifier: Identifier, browser: Browser) -> Found | None:
        device = device_digest(self._vault, browser.device)
        if identifier.kind == "nik":
            digests = self._index.candidates("nik", identifier.value)
            return await self._found(FIND_BY_NIK, digests=list(digests), device=device)
        kind = "operator" if identifier.kind == "unknown" else identifier.kind
        digests = self._index.candidates(kind, identifier.value)
        stored = CONTACT_KINDS[identifier.kind]
        return await self._found(FIND_BY_CONTACT, digests=list(digests), kind=stored, device=device)

    async def found(self, account_id: AccountId, browser: Browser) -> Found | None:
        return await self._found(FIND_BY_ID, id=account_id, device=device_digest(self._vault, browser.device))

    async def person(self, account_id: AccountId) -> Person | None:
        return await self._persons(account_id)

    async def persons(self, account_ids: Sequence[AccountId]) -> dict[AccountId, Person]:
        """Those of them that are there."""
        rows = await self._database.fetch(PERSONS, [list(account_ids)])
        return {person.account_id: person for person in map(person_of, rows)}

    async def contacts(self, account_id: AccountId) -> Contacts:
        held: dict[str, tuple[str, datetime | None]] = {}
        for kind, value, verified_at in await self._database.fetch(CONTACTS, [account_id]):
            held[kind] = open_contact(self._vault, account_id, kind, value), verified_at
        email, phone = held.get("email"), held.get("phone")
        return Contacts(
            email=email[0] if email else None,
            email_verified=email is not None and email[1] is not None,
            phone=phone[0] if phone else None,
            phone_verified=phone is not None and phone[1] is not None,
        )

    async def totp(self, account_id: AccountId) -> tuple[TotpCredential, ...]:
        rows = await self._database.fetch(TOTP, [account_id])
        return tuple(
            TotpCredential(credential_id, open_totp(self._vault, account_id, credential_id, sealed))
            for credential_id, sealed in rows
        )

    async def use_step(self, account_id: AccountId, credential_id: UUID, step: int, now: Instant) -> bool:
        claim = {"account": account_id, "id": credential_id, "step": step, "now": now}
        return await self._database.execute(USE_STEP, claim) == 1

    async def rehash(self, account_id: AccountId, old: str, new: str) -> None:
        await self._database.execute(REHASH, [new.encode(), account_id, old.encode()])

    async def _found(self, statement: str, **values: object) -> Found | None:
        rows = await self._database.fetch(statement, values)
        if not rows:
            return None
        *person, password_hash, known_browser = rows[0]
        return Found(person_of(tuple(person)), password_hash and password_hash.decode(), known_browser)

    async def _read_persons(self, account_ids: Sequence[AccountId]) -> Sequence[Person | None]:
        found = await self.persons(account_ids)
        return [found.get(account_id) for account_id in account_ids]


def person_of(row: Row) -> Person:
    account_id, kind, citizen_id, account_status, citizen_status, locale, credentials, roles = row
    return Person(
        account_id=account_id,
        kind=kind,
        citizen_id=citizen_id,
        account_status=account_status,
        citizen_status=citizen_status,
        locale=locale,
        factors=second_factors(credentials),
        roles=frozenset(roles),
    )


def seal_contact(vault: Vault, account_id: AccountId, kind: str, value: str) -> bytes:
    return vault.seal(CONTACT_PURPOSE, value.encode(), account_id.bytes + kind.encode())


def open_contact(vault: Vault, account_id: AccountId, kind: str, sealed: bytes) -> str:
    return vault.open(CONTACT_PURPOSE, sealed, account_id.bytes + kind.encode()).decode()


def seal_totp(vault: Vault, account_id: AccountId, credential_id: UUID, secret: Secret) -> bytes:
    return vault.seal(TOTP_PURPOSE, secret.reveal().encode(), account_id.bytes + credential_id.bytes)


def open_totp(vault: Vault, account_id: AccountId, credential_id: UUID, sealed: bytes) -> Secret:
    return Secret(vault.open(TOTP_PURPOSE, sealed, account_id.bytes + credential_id.bytes).decode())


def device_digest(vault: Vault, device: Secret | None) -> bytes | None:
    return None if device is None else vault.mac(DEVICE_PURPOSE, device.reveal().encode())
