"""Making accounts, with their contacts and credentials, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from psycopg.errors import UniqueViolation

from gapura.crypto.blind_index import BlindIndex
from gapura.crypto.keyring import Vault
from gapura.flow.accounts import NewCredentials
from gapura.flow.order import Order
from gapura.identity.contacts import ContactKind
from gapura.identity.person import CITIZEN, OPERATOR, Kind
from gapura.storage.accounts import CONTACT_KINDS, seal_contact, seal_totp
from gapura.storage.database import Row, Transaction
from gapura.storage.records import Records
from gapura.values import AccountId, CitizenId, Instant

ACCOUNT = """
insert into account (id, kind, citizen_id, display_name, status, locale, created_at, changed_at)
values (%s, %s, %s, %s, 'active', %s, %s, %s) on conflict do nothing"""
CONTACT = """
insert into account_contact (account_id, kind, digest, key_version, value, verified_at)
select %s, %s, %s, %s, %s, %s where not exists (select from account_contact where digest = any(%s))"""
CREDENTIAL = """
insert into credential (account_id, id, kind, secret, last_step, created_at) values (%s, %s, %s, %s, %s, %s)"""
FORGET_CREDENTIALS = "delete from credential where account_id = %s"
ROLE = "insert into account_role (account_id, role, granted_by, granted_at) values (%s, %s, %s, %s)"

INDEXED: tuple[ContactKind, ...] = ("email", "phone", "operator")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """`contacts` are normal forms by kind (email, phone, operator), confirmed already.

    `display_name` is an operator's; a citizen's name is the registry's to say.
    """

    citizen_id: CitizenId | None
    contacts: Mapping[ContactKind, str] = field(repr=False)
    display_name: str | None = None
    credentials: NewCredentials = field(default_factory=NewCredentials)
    roles: frozenset[str] = frozenset()
    locale: str = "id"
    id: AccountId = field(default_factory=lambda: AccountId(uuid4()))

    @property
    def kind(self) -> Kind:
        return OPERATOR if self.citizen_id is None else CITIZEN


async def add_account(
    tx: Transaction, vault: Vault, records: Records, account: NewAccount, order: Order
) -> bool:
    """False when this citizen has one already. Raises psycopg.IntegrityError when a contact is somebody else's."""
    now = order.at
    values = (account.id, account.kind, account.citizen_id, account.display_name, account.locale, now, now)
    if (await tx.execute(ACCOUNT, values)).rowcount == 0:
        return False
    for row in _contacts(vault, account, now):
        # The unique index knows a digest, but not the one that an older root key gives of the same contact.
        if (await tx.execute(CONTACT, row)).rowcount == 0:
            raise UniqueViolation("the contact is another account's")
    await set_credentials(tx, vault, account.id, account.credentials, now)
    for role in sorted(account.roles):
        await tx.execute(ROLE, [account.id, role, order.actor, now])
    detail = {"kind": account.kind, "contacts": sorted(account.contacts), "roles": sorted(account.roles)}
    await records.write_audit(tx, order.entry("account.create", f"account:{account.id}", detail))
    return True


async def set_credentials(
    tx: Transaction, vault: Vault, account_id: AccountId, credentials: NewCredentials, now: Instant
) -> None:
    """Put these in the place of all that the account has."""
    await tx.execute(FORGET_CREDENTIALS, [account_id])
    for row in _credentials(vault, account_id, credentials):
        await tx.execute(CREDENTIAL, [*row, now])


def _contacts(vault: Vault, account: NewAccount, now: Instant) -> Iterator[Row]:
    index = BlindIndex(vault)
    for kind in INDEXED:
        value = account.contacts.get(kind)
        if value is not None:
            stored = CONTACT_KINDS[kind]
            sealed = seal_contact(vault, account.id, stored, value)
            digests = list(index.candidates(kind, value))
            yield account.id, stored, digests[0], index.key_version, sealed, now, digests


def _credentials(vault: Vault, account_id: AccountId, credentials: NewCredentials) -> Iterator[Row]:
    if credentials.password_hash is not None:
        yield account_id, uuid4(), "password", credentials.password_hash.encode(), None
    if credentials.totp is not None:
        credential_id = uuid4()
        sealed = seal_totp(vault, account_id, credential_id, credentials.totp)
        yield account_id, credential_id, "totp", sealed, credentials.used_step
