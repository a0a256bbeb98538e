"""The stores, and what else outlives a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.crypto.signing_keys import KeyRing
from gapura.outbound import OutboundClient, trust
from gapura.settings import SettingRefused, Settings, variable
from gapura.storage.accounts import Accounts
from gapura.storage.cache import Cache
from gapura.storage.client_writes import ClientWrites
from gapura.storage.clients import Clients
from gapura.storage.consents import Consents
from gapura.storage.database import Database
from gapura.storage.decoupled import DecoupledRequests
from gapura.storage.grants import Grants
from gapura.storage.keys import Keys
from gapura.storage.records import Records
from gapura.storage.registry import Registry
from gapura.storage.sessions import Sessions
from gapura.storage.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Stores:
    """What outlives a request. Open `database` first, close it last.

    `referenced` fetches what a browser's request names (RFC 9101 §5.2): whoever opens slow addresses by the dozen holds
    up nobody's keys.
    """

    vault: Vault
    database: Database
    cache: Cache
    outbound: OutboundClient
    referenced: OutboundClient
    clients: Clients
    key_rows: Keys
    keys: Snapshot[KeyRing]
    records: Records
    accounts: Accounts
    registry: Registry
    sessions: Sessions
    consents: Consents
    grants: Grants
    decoupled: DecoupledRequests
    client_writes: ClientWrites


def vault_of(settings: Settings) -> Vault:
    """Raises SettingRefused for root keys that are none."""
    try:
        return Vault(RootKeys.parse(settings.root_keys.reveal()))
    except ValueError as error:
        raise SettingRefused(variable("root_keys"), f"is wrong: {error}") from None


def _outbound(settings: Settings) -> OutboundClient:
    """Raises SettingRefused for authorities that can't be read."""
    try:
        return OutboundClient(settings.outbound_allow, tls=trust(settings.outbound_ca))
    except OSError as error:
        raise SettingRefused(variable("outbound_ca"), f"cannot be read: {error.strerror or error}") from None


def stores_of(settings: Settings) -> Stores:
    """Connects to nothing yet. Raises SettingRefused for root keys that are none."""
    vault = vault_of(settings)
    database = Database(settings.database_url, settings.database_pool, by_key=True)
    cache = Cache(settings.redis_url, vault)
    keys, records = Keys(database, vault), Records(database, vault)
    idle, total = (timedelta(seconds=s) for s in (settings.session_idle, settings.session_total))
    return Stores(
        vault=vault,
        database=database,
        cache=cache,
        outbound=_outbound(settings),
        referenced=_outbound(settings),
        clients=Clients(database),
        key_rows=keys,
        keys=Snapshot(keys.load, "keys", database),
        records=records,
        accounts=Accounts(database, vault),
        registry=Registry(database, vault),
        sessions=Sessions(database, cache, vault, idle, total),
        consents=Consents(database, records),
        grants=Grants(database),
        decoupled=DecoupledRequests(database, vault),
        client_writes=ClientWrites(database, records),
    )
