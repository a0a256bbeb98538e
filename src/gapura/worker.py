"""Wires the worker: the other composition root beside `app.py`, for `gapura worker` and for the demo's one process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import timedelta

from gapura.crypto.keyring import RootKeys, Vault
from gapura.delivery.backchannel_logout import BackchannelLogout
from gapura.delivery.jobs import Kept, jobs
from gapura.delivery.key_rotation import KeyRotation
from gapura.delivery.outbox import Deliveries
from gapura.delivery.worker import Job, run_worker
from gapura.outbound import OutboundClient
from gapura.settings import Settings
from gapura.storage.cache import Cache
from gapura.storage.clients import Clients
from gapura.storage.database import Database
from gapura.storage.keys import Keys
from gapura.storage.outbox import CHANNEL, Outbox
from gapura.storage.records import Records
from gapura.storage.sessions import Sessions
from gapura.storage.snapshot import Snapshot
from gapura.web.clock import system_clock

POOL = 8  # deliveries settle in a moment each, jobs take turns


async def work(settings: Settings) -> None:
    """Deliver and tidy up until cancelled; any number of workers may run, in any process."""
    vault = Vault(RootKeys.parse(settings.root_keys.reveal()))
    async with AsyncExitStack() as open_until_the_end:
        enter = open_until_the_end.enter_async_context
        database = await enter(Database(settings.database_url, POOL))
        outbound = await enter(aclosing(OutboundClient(settings.outbound_allow)))
        cache = Cache(settings.redis_url, vault)
        open_until_the_end.push_async_callback(cache.close)
        clients = Clients(database)
        await enter(clients.snapshot)
        keys = Keys(database, vault)
        ring = await enter(Snapshot(keys.load, "keys", database))
        send = BackchannelLogout(settings.issuer, clients, lambda: ring.value, outbound)
        deliveries = Deliveries(Outbox(database), {"backchannel_logout": send}, system_clock)
        heard = await enter(aclosing(database.listen(CHANNEL)))
        await run_worker(deliveries, heard, _jobs(settings, database, cache, vault, keys), system_clock)


def _jobs(settings: Settings, database: Database, cache: Cache, vault: Vault, keys: Keys) -> Sequence[Job]:
    days = [timedelta(days=count) for count in (settings.data_use_days, settings.activity_days)]
    limits = [timedelta(seconds=count) for count in (settings.session_idle, settings.session_total)]
    sessions = Sessions(database, cache, vault, *limits)
    return jobs(
        database,
        vault,
        rotate_keys=KeyRotation(keys, Records(database, vault), timedelta(seconds=2 * settings.jwks_max_age)),
        end_overdue_sessions=sessions.end_overdue,
        kept=Kept(*days),
    )
