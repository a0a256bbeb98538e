"""What the demo is filled with, once: people, their accounts, two agencies, the first operator."""

from __future__ import annotations

import asyncio
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from gapura.crypto.keyring import Vault
from gapura.crypto.passwords import Passwords
from gapura.crypto.random_texts import random_text
from gapura.disclosure.purposes import Purpose
from gapura.flow.directory import Agency
from gapura.flow.enrolment import PATH
from gapura.flow.order import Order
from gapura.identity.roles import ADMINISTRATOR
from gapura.registry.importing import ImportOrder, LoadTarget, run_import, store_regions
from gapura.registry.regions import shipped_regions
from gapura.sandbox import create_demo_accounts
from gapura.settings import Settings
from gapura.storage.agencies import add_agency, add_initial_token, add_purpose
from gapura.storage.database import Database
from gapura.storage.enrolments import create_operator
from gapura.storage.partitions import ensure_partitions
from gapura.storage.records import Records
from gapura.values import AgencyId, Instant, PurposeId, Secret, opaque_digest
from gapura.wiring.stores import vault_of

OPERATOR = "admin"


@dataclass(frozen=True, slots=True)
class Invitation:
    """`link` enrols the first operator; None once somebody has used one."""

    operator: str
    link: Secret | None


async def fill(settings: Settings, folder: Path, now: Instant) -> Invitation:
    """Bring in what is missing; safe at every start. `folder` has `citizens.csv` and `agencies.toml`."""
    vault = vault_of(settings)
    records = Records(database := Database(settings.database_url, size=2), vault)
    async with database:
        await ensure_partitions(database, now.date())
        if not await database.fetch("select from registry_load where state = 'visible' limit 1"):
            await asyncio.to_thread(_import_people, settings, vault, folder / "citizens.csv")
        cost = settings.argon2_memory_kib, settings.argon2_time_cost, settings.argon2_parallelism
        passwords = Passwords(*cost, threads=os.cpu_count() or 1, queue=settings.password_queue)
        await create_demo_accounts(settings, database, vault, passwords, folder / "citizens.csv", now)
        await _open_agencies(settings, database, tomllib.loads((folder / "agencies.toml").read_text()), now)
        async with database.transaction() as tx:
            link = await create_operator(
                tx, vault, records, OPERATOR, ADMINISTRATOR, Order.of_system("demo", now)
            )
    return Invitation(OPERATOR, Secret(settings.issuer + PATH.format(secret=link.reveal())) if link else None)


def _import_people(settings: Settings, vault: Vault, file: Path) -> None:
    target = LoadTarget(settings.database_url, settings.root_keys, settings.sandbox)
    store_regions(shipped_regions(), target, vault, Order.of_system("demo", datetime.now(UTC)))
    order = ImportOrder(file, workers=1, actor=("system", "demo"))
    run_import(order, target, vault, lambda: datetime.now(UTC), lambda _: None)


async def _open_agencies(
    settings: Settings, database: Database, told: Mapping[str, Any], now: Instant
) -> None:
    """Each agency with its purpose, and a file with a token by which its portal registers as the agency's own."""
    folder = settings.home / "portals"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for key, row in told.items():
        agency = Agency(AgencyId(key), row["names"])
        async with database.transaction() as tx:
            if not await add_agency(tx, agency, now):
                continue
            await add_purpose(tx, _purpose(agency, row["purpose"]), now)
            token = random_text()
            await add_initial_token(
                tx, opaque_digest(token), agency.id, "system:demo", now + timedelta(days=1)
            )
            with os.fdopen(
                os.open(folder / f"{key}.token", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
            ) as file:
                file.write(token)


def _purpose(agency: Agency, row: Mapping[str, Any]) -> Purpose:
    return Purpose(
        id=PurposeId(uuid5(NAMESPACE_URL, f"gapura-demo:{agency.id}:{row['code']}")),
        agency_id=agency.id,
        version=1,
        essential=tuple(row["essential"]),
        voluntary=tuple(row["voluntary"]),
        **{name: row[name] for name in ("code", "titles", "texts", "legal_basis", "law", "retention_days")},
    )
