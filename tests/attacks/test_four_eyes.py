"""One operator who would be two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.flow.new_client import SANDBOX_AGENCY, NewClient
from gapura.flow.order import Order
from gapura.protocol.client import PENDING
from gapura.protocol.registration import register
from gapura.storage.admin_clients import AdminClients
from gapura.storage.client_writes import ClientWrites
from gapura.storage.database import Database
from gapura.storage.records import Records
from gapura.storage.sandbox_agency import ensure_sandbox_agency
from gapura.values import ClientId, Secret
from tests.protocol.registrations import MINIMAL, OPERATOR

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 8, 17, 3, 0, tzinfo=UTC)
PAJAK = ClientId("pajak")


async def test_everybody_who_shaped_a_client_is_known(database_url: str, root_keys: Secret) -> None:
    metadata = register(dict(MINIMAL), OPERATOR)
    client = NewClient(PAJAK, SANDBOX_AGENCY, PENDING, metadata, "agency:sandbox", None, None, {})
    async with Database(database_url, size=2) as database:
        await ensure_sandbox_agency(database, NOW)
        records = Records(database, Vault(RootKeys.parse(root_keys.reveal())))
        clients = AdminClients(database, records, ClientWrites(database, records))
        await clients.add(client, Order("operator", "ratna", NOW))
        await clients.change(
            PAJAK, metadata, {}, None, Order("operator", "wayan", NOW + timedelta(minutes=1))
        )
        await clients.link(PAJAK, {}, Order("operator", "dewi", NOW + timedelta(minutes=2)))
        await clients.enable(PAJAK, Order("operator", "made", NOW + timedelta(minutes=3)))
        held = await clients.one(PAJAK)
    assert held is not None
    assert held.authors == {"ratna", "wayan", "dewi"}
