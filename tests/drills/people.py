"""Citizens of a drill's own, with accounts whose every value is known to it."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gapura.crypto.keyring import Vault
from gapura.crypto.passwords import Passwords
from gapura.crypto.root_keys import RootKeys
from gapura.flow.accounts import NewCredentials
from gapura.flow.order import Order
from gapura.identity.nik import Nik
from gapura.registry.importing import ImportOrder, LoadTarget, run_import
from gapura.settings import Settings
from gapura.storage.database import Database
from gapura.storage.new_accounts import NewAccount, add_account
from gapura.storage.records import Records
from gapura.storage.registry import Registry
from gapura.values import CitizenId, Secret

ROW = {
    "kk": "3171011288150099", "birth_place": "JAKARTA", "sex": "M", "blood_type": "O",
    "religion": "ISLAM", "marital_status": "SINGLE", "occupation": "GURU", "education": "BACHELOR",
    "citizenship": "WNI", "rt": "004", "rw": "002", "region_code": "31.71.01.1001", "postal_code": "10110",
    "relation": "HEAD", "mother_nik": "", "mother_name": "SRI LESTARI", "father_nik": "",
    "father_name": "BAMBANG SANTOSO", "status": "ACTIVE", "merged_into": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """A citizen with an account; `totp` is the secret of their second factor, where they have one."""

    nik: str
    full_name: str
    address_line: str
    email: str
    phone: str
    password: str
    totp: str | None = None

    @property
    def birth_date(self) -> str:
        """As the number says it; synthetic people are born in the months 81 to 92."""
        return f"19{self.nik[10:12]}-{int(self.nik[8:10]) - 80:02}-{self.nik[6:8]}"


def anybody(number: int) -> Made:
    """One of many alike, without a second factor."""
    return Made(
        nik=f"31710111858509{number:02}",
        full_name=f"WARGA {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[number % 26]} UJI",
        address_line=f"JL. MERDEKA NO. {number}",
        email=f"warga{number}@uji.example",
        phone=f"+62812555{number:05}",
        password=f"Kata-Sandi-Warga-{number}",
    )


def bring(settings: Settings, people: Sequence[Made]) -> None:
    """Into the registry by a file, and into accounts."""
    vault = Vault(RootKeys.parse(settings.root_keys.reveal()))
    path = settings.home / "people.csv"
    _write(path, people)
    target = LoadTarget(settings.database_url, settings.root_keys, settings.sandbox)
    summary = run_import(
        ImportOrder(path, mode="delta", workers=1), target, vault, lambda: datetime.now(UTC), lambda _: None
    )
    path.unlink()
    assert summary.counts.accepted == len(people), summary
    asyncio.run(_open_accounts(settings, vault, people))


def _write(path: Path, people: Sequence[Made]) -> None:
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, ["nik", "full_name", "address_line", "birth_date", *ROW])
        writer.writeheader()
        for one in people:
            own = {"nik": one.nik, "full_name": one.full_name, "address_line": one.address_line}
            writer.writerow({**ROW, **own, "birth_date": one.birth_date})


async def _open_accounts(settings: Settings, vault: Vault, people: Sequence[Made]) -> None:
    passwords = Passwords(settings.argon2_memory_kib, settings.argon2_time_cost, 1, threads=1, queue=64)
    now = datetime.now(UTC)
    async with Database(settings.database_url, size=1) as database:
        registry, records = Registry(database, vault), Records(database, vault)
        for one in people:
            citizen_id = await registry.find_by_nik(Nik.parse(one.nik, today=now.date(), sandbox=True))
            assert citizen_id is not None
            hashed = await passwords.hash(Secret(one.password))
            account = _account(one, citizen_id, hashed)
            async with database.transaction() as tx:
                assert await add_account(tx, vault, records, account, Order.of_system("test", now))
    passwords.close()


def bring_operator(settings: Settings, name: str, password: str, totp: str) -> None:
    """An administrator who signs in under `name`."""
    asyncio.run(_open_operator(settings, name, password, totp))


async def _open_operator(settings: Settings, name: str, password: str, totp: str) -> None:
    vault, now = Vault(RootKeys.parse(settings.root_keys.reveal())), datetime.now(UTC)
    passwords = Passwords(settings.argon2_memory_kib, settings.argon2_time_cost, 1, threads=1, queue=64)
    credentials = NewCredentials(await passwords.hash(Secret(password)), Secret(totp))
    account = NewAccount(
        None, {"operator": name}, name, credentials=credentials, roles=frozenset({"administrator"})
    )
    async with Database(settings.database_url, size=1) as database, database.transaction() as tx:
        await add_account(tx, vault, Records(database, vault), account, Order.of_system("test", now))
    passwords.close()


def _account(one: Made, citizen_id: CitizenId, hashed: str) -> NewAccount:
    totp = Secret(one.totp) if one.totp is not None else None
    contacts = {"email": one.email, "phone": one.phone}
    return NewAccount(citizen_id, contacts, credentials=NewCredentials(hashed, totp))  # type: ignore[arg-type]
