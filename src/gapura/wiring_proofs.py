"""Wires what judges passwords and codes, with its limits."""

from __future__ import annotations

from gapura.crypto.keyring import Vault
from gapura.crypto.passwords import Passwords
from gapura.flow.sign_in import Proofs
from gapura.settings import Settings
from gapura.storage.accounts import Accounts
from gapura.storage.addresses import Addresses
from gapura.storage.cache import Cache
from gapura.storage.database import Database
from gapura.storage.throttle import Throttle


def proofs_of(
    settings: Settings, accounts: Accounts, cache: Cache, database: Database, vault: Vault
) -> Proofs:
    passwords = Passwords(
        settings.argon2_memory_kib,
        settings.argon2_time_cost,
        settings.argon2_parallelism,
        settings.password_threads,
        settings.password_queue,
    )
    addresses = Addresses(cache, settings.per_ip_per_minute, spare_loopback=settings.sandbox)
    return Proofs(accounts, Throttle(database, vault), addresses, passwords)
