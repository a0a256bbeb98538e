"""Clients as requests look them up: in this worker's directory, and after a miss in the store."""

from __future__ import annotations

from contextlib import suppress

from gapura.errors import Unavailable
from gapura.flow.directory import Agency, Directory
from gapura.protocol.client import Client
from gapura.storage.database import Database
from gapura.storage.directory import load_directory
from gapura.storage.snapshot import Snapshot
from gapura.values import AgencyId, ClientId

MOST_CLIENT_ID = 256


class Clients:
    """Implements `flow.directory.ReadsDirectory`."""

    def __init__(self, database: Database) -> None:
        self.snapshot: Snapshot[Directory] = Snapshot(lambda: load_directory(database), "clients", database)

    @property
    def value(self) -> Directory:
        return self.snapshot.value

    async def client(self, client_id: ClientId) -> Client | None:
        """A client that another worker registered a moment ago is found too."""
        found = self.snapshot.value.clients.get(client_id)
        if found is None and 0 < len(client_id) <= MOST_CLIENT_ID:
            await self.snapshot.refresh_if_changed()
            found = self.snapshot.value.clients.get(client_id)
        return found

    async def agency(self, agency_id: AgencyId) -> Agency | None:
        """Likewise."""
        if agency_id not in self.snapshot.value.agencies:
            await self.snapshot.refresh_if_changed()
        return self.snapshot.value.agencies.get(agency_id)

    async def renew(self) -> None:
        with suppress(Unavailable):  # the change itself is committed; this worker sees it a little later
            await self.snapshot.refresh()
