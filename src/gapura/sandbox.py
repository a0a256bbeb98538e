"""The sandbox's people: accounts of synthetic citizens, with a password that everybody may know."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from gapura.crypto.keyring import Vault
from gapura.errors import StartRefused
from gapura.flow.accounts import NewCredentials
from gapura.flow.order import Order
from gapura.flow.sign_in import HashesPasswords
from gapura.identity.citizen import Citizen
from gapura.identity.contacts import ContactKind
from gapura.identity.nik import Nik
from gapura.settings import Settings
from gapura.storage.database import Database
from gapura.storage.new_accounts import NewAccount, add_account
from gapura.storage.records import Records
from gapura.storage.registry import Registry
from gapura.values import CitizenId, Instant, Secret

PASSWORD = Secret("Gerbang-Terbuka-1945")
TOTP = Secret("JBSWY3DPEHPK3PXP")
# Fixed, as the README tells: Budi has no second factor, Siti has one. Of the others every third has it.
WITHOUT_TOTP, WITH_TOTP = "3171011785900001", "3171015790920002"

THERE = "select citizen_id from account where citizen_id = any(%s)"


async def create_demo_accounts(
    settings: Settings, database: Database, vault: Vault, passwords: HashesPasswords, file: Path, now: Instant
) -> int:
    """Give each adult of a registry file that has been loaded an account; returns how many are new.

    Safe to run again. Raises StartRefused outside the sandbox.
    """
    if not settings.sandbox:
        raise StartRefused("demo accounts are for the sandbox alone (GAPURA_MODE)")
    people = await _people(Registry(database, vault), file, now)
    records, order, added = Records(database, vault), Order.of_system("sandbox", now), 0
    there = {row[0] for row in await database.fetch(THERE, [[citizen_id for citizen_id, _ in people]])}
    for account in _accounts(people, now):
        if account.citizen_id in there:
            continue
        credentials = replace(account.credentials, password_hash=await passwords.hash(PASSWORD))
        async with database.transaction() as tx:
            made = replace(account, credentials=credentials)
            added += await add_account(tx, vault, records, made, order)
    return added


async def _people(registry: Registry, file: Path, now: Instant) -> list[tuple[CitizenId, Citizen]]:
    with file.open(encoding="utf-8", newline="") as opened:
        numbers = [row["nik"] for row in csv.DictReader(opened)]
    ids = [
        await registry.find_by_nik(Nik.parse(number, today=now.date(), sandbox=True)) for number in numbers
    ]
    return list((await registry.read_many([found for found in ids if found is not None])).items())


def _accounts(people: Sequence[tuple[CitizenId, Citizen]], now: Instant) -> Iterator[NewAccount]:
    """Their accounts, the same on every run: names and numbers come from the place in the file."""
    taken: dict[str, int] = {}
    for place, (citizen_id, citizen) in enumerate(people):
        if not citizen.of_age(now.date()):
            continue
        name = ".".join(re.findall("[a-z]+", citizen.full_name.lower().replace("'", "")))[:60].rstrip(".")
        taken[name] = taken.get(name, 0) + 1
        number = "" if taken[name] == 1 else taken[name]
        contacts: dict[ContactKind, str] = {
            "email": f"{name}{number}@contoh.id",
            "phone": f"+6281200{place:06}",
        }
        has_totp = citizen.nik == WITH_TOTP or (place % 3 == 1 and citizen.nik != WITHOUT_TOTP)
        yield NewAccount(citizen_id, contacts, credentials=NewCredentials(totp=TOTP if has_totp else None))
