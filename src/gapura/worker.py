"""Wires the worker, for `gapura worker` and for the demo's one process."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from datetime import timedelta

import structlog

from gapura.delivery.approval_mail import ApprovalMail
from gapura.delivery.backchannel_logout import BackchannelLogout
from gapura.delivery.ciba_ping import CibaPing
from gapura.delivery.jobs import Kept, jobs
from gapura.delivery.key_rotation import KeyRotation
from gapura.delivery.mail import Mailer, Relay
from gapura.delivery.outbox import Deliveries, Send
from gapura.delivery.worker import Job, run_worker
from gapura.errors import Unavailable
from gapura.flow.client_keys import ClientKeys
from gapura.flow.client_secrets import ClientSecrets
from gapura.flow.client_tokens import ClientTokens
from gapura.flow.outbox import APPROVAL_MAIL, BACKCHANNEL_LOGOUT, CIBA_PING
from gapura.outbound import trust
from gapura.settings import Settings
from gapura.storage.outbox import CHANNEL, Outbox
from gapura.storage.root_keys import confirm_root_keys
from gapura.web.clock import Clock, system_clock
from gapura.web.letters import Letters
from gapura.web.locale import Languages
from gapura.wiring.stores import Stores, stores_of

AGAIN_SECONDS = 1.0

log = structlog.get_logger("gapura.worker")


async def work(settings: Settings, clock: Clock = system_clock) -> None:
    """Deliver and tidy up until cancelled; any number of workers may run, in any process.

    Waits for a database that is away. Raises StartRefused for root keys that are not this database's.
    """
    stores = stores_of(settings)
    async with AsyncExitStack() as open_until_the_end:
        open_until_the_end.push_async_callback(stores.cache.close)
        open_until_the_end.push_async_callback(stores.outbound.aclose)
        for part in (stores.database, stores.clients.snapshot, stores.keys):
            await open_until_the_end.enter_async_context(part)
        await _confirmed(stores, clock)
        heard = await open_until_the_end.enter_async_context(aclosing(stores.database.listen(CHANNEL)))
        await run_worker(_deliveries(settings, stores, clock), heard, _jobs(settings, stores), clock)


async def _confirmed(stores: Stores, clock: Clock) -> None:
    while True:
        try:
            await confirm_root_keys(stores.database, stores.vault, clock())
        except Unavailable as error:
            log.warning("database_away", error=str(error))
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return


def _deliveries(settings: Settings, stores: Stores, clock: Clock) -> Deliveries:
    clients, outbound = stores.clients, stores.outbound
    client_tokens = ClientTokens(stores.keys, ClientKeys(outbound, ClientSecrets(stores.vault)))
    send: dict[str, Send] = {
        BACKCHANNEL_LOGOUT: BackchannelLogout(settings.issuer, clients, client_tokens, outbound),
        CIBA_PING: CibaPing(clients, stores.decoupled, outbound),
        APPROVAL_MAIL: _approval_mail(settings, stores),
    }
    return Deliveries(Outbox(stores.database), send, clock)


def _approval_mail(settings: Settings, stores: Stores) -> ApprovalMail:
    relay = Relay(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_tls,
        settings.smtp_from,
        settings.smtp_user,
        settings.smtp_password,
    )
    letters = Letters(Languages.load(), lambda: stores.clients.value)
    return ApprovalMail(
        issuer=settings.issuer,
        directory=stores.clients,
        requests=stores.decoupled,
        people=stores.accounts,
        contacts=stores.accounts,
        mailer=Mailer(relay, trust(settings.outbound_ca)),
        write=letters.approval,
    )


def _jobs(settings: Settings, stores: Stores) -> tuple[Job, ...]:
    return jobs(
        stores.database,
        stores.vault,
        rotate_keys=KeyRotation(stores.key_rows, settings.publish_keys_for),
        end_overdue_sessions=stores.sessions.end_overdue,
        kept=Kept(timedelta(days=settings.data_use_days), timedelta(days=settings.activity_days)),
    )
