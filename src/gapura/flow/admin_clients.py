"""What an operator does to clients: register, change, give a new secret, disable and enable again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gapura.disclosure.scopes import SCOPES
from gapura.errors import OAuthError, PageError
from gapura.flow.client_secrets import KeptSecret
from gapura.flow.directory import ReadsDirectory
from gapura.flow.new_client import (
    SANDBOX_AGENCY,
    MakesClients,
    NewClient,
    kept_purposes,
    newest_purposes,
)
from gapura.flow.order import Order
from gapura.flow.sectors import Sectors
from gapura.protocol.client import PENDING, Client
from gapura.protocol.registration import new_secret_due, register, replace
from gapura.protocol.sector import LISTED
from gapura.values import AgencyId, ClientId, Instant, PurposeId, Secret


@dataclass(frozen=True, slots=True)
class HeldClient:
    """A client with what only administrators read of it; `authors` have registered or changed it."""

    client: Client
    metadata: Mapping[str, Any]
    created_at: Instant
    changed_at: Instant
    authors: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Issued:
    """`secret` is there once, when one was made."""

    client_id: ClientId
    secret: Secret | None


class KeepsClients(Protocol):
    """Each change is one transaction, its audit row included. Raises Unavailable."""

    async def all(self) -> tuple[HeldClient, ...]: ...

    async def one(self, client_id: ClientId) -> HeldClient | None: ...

    async def add(self, client: NewClient, order: Order) -> None: ...

    async def change(
        self,
        client_id: ClientId,
        metadata: Mapping[str, Any],
        purposes: Mapping[str, PurposeId],
        secret: KeptSecret | None,
        order: Order,
    ) -> None:
        """A `secret` of None leaves the one that stands."""
        ...

    async def link(self, client_id: ClientId, purposes: Mapping[str, PurposeId], order: Order) -> None:
        """One purpose for each scope, in place of those it had."""
        ...

    async def set_secret(self, client_id: ClientId, secret: KeptSecret, order: Order) -> None: ...

    async def disable(self, client_id: ClientId, order: Order) -> bool:
        """End what was issued to it too; False, and nothing written, when it isn't active."""
        ...

    async def enable(self, client_id: ClientId, order: Order) -> bool:
        """False, and nothing written, when it is active already."""
        ...


@dataclass(frozen=True, slots=True)
class AdministersClients:
    makes: MakesClients
    directory: ReadsDirectory
    clients: KeepsClients
    sectors: Sectors

    async def held(self, client_id: ClientId) -> HeldClient:
        """Raises PageError("not_found")."""
        found = await self.clients.one(client_id)
        if found is None:
            raise PageError("not_found", detail="no such client", status=404)
        return found

    async def register(self, document: Mapping[str, Any], agency_id: AgencyId, order: Order) -> Issued:
        """Raises OAuthError for what a client may not be, as the registration endpoint does.

        In production the client waits for a second operator (decision 14).
        """
        metadata = register(document, self.makes.policy)
        await self.sectors.check(metadata)
        purposes = await self._purposes(agency_id, metadata)
        # Decision 10: the sector is the agency of an onboarded client; the sandbox's apps belong to many owners.
        alone = agency_id == SANDBOX_AGENCY
        client, secret = self.makes.client(metadata, agency_id, purposes, alone=alone)
        await self.clients.add(client, order)
        await self.directory.renew()
        return Issued(client.id, secret)

    async def change(self, held: HeldClient, document: Mapping[str, Any], order: Order) -> Issued:
        """What the form does not show stays as it is. Raises as `register`."""
        client = held.client
        wanted = {**held.metadata, **document, "client_id": client.id}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        metadata = replace(wanted, held.metadata, client.id, client.secret_digest, self.makes.policy)
        if any(metadata.get(name) != held.metadata.get(name) for name in ("sector_identifier_uri", *LISTED)):
            await self.sectors.check(metadata)
        purposes = {
            **await self._purposes(client.agency_id, metadata),
            **kept_purposes(self.directory.value, client, metadata),
        }
        secret = self.makes.secret(is_due=new_secret_due(held.metadata, metadata))
        # Decision 10: whatever the new addresses are, the sector and so every `sub` stay.
        kept = self.makes.kept(client.id, secret, metadata)
        await self.clients.change(client.id, metadata, purposes, kept, order)
        await self.directory.renew()
        return Issued(client.id, secret)

    async def choose_purposes(self, client: Client, chosen: Mapping[str, PurposeId], order: Order) -> None:
        """Give each scope the purpose that was chosen for it. Raises PageError for one that doesn't fit."""
        purposes = self.directory.value.purposes
        linked = {scope: purpose.id for scope, purpose in self.directory.value.purposes_of(client).items()}
        for scope, purpose_id in chosen.items():
            purpose = purposes.get(purpose_id)
            fits = (
                scope in client.scopes
                and purpose is not None
                and purpose.agency_id == client.agency_id
                and purpose.attributes.issuperset(SCOPES[scope].attributes)
            )
            if not fits:
                raise PageError("bad_request", detail="a purpose that doesn't fit the scope")
            linked[scope] = purpose_id
        await self.clients.link(client.id, linked, order)
        await self.directory.renew()

    async def rotate_secret(self, client: Client, order: Order) -> Issued:
        """The old secret ends with this. Raises PageError for a client that has none."""
        if client.secret_digest is None:
            raise PageError("bad_request", detail="this client has no secret")
        secret = Secret(self.makes.random_text())
        readable = client.secret_sealed is not None
        await self.clients.set_secret(
            client.id, self.makes.secrets.keep(client.id, secret, readable=readable), order
        )
        await self.directory.renew()
        return Issued(client.id, secret)

    async def disable(self, client_id: ClientId, order: Order) -> bool:
        changed = await self.clients.disable(client_id, order)
        await self.directory.renew()
        return changed

    async def enable(self, held: HeldClient, order: Order) -> bool:
        """Raises PageError("second_person") when who registered or changed a production client approves it."""
        if held.client.status == PENDING and order.actor in held.authors and not self.makes.policy.sandbox:
            raise PageError("second_person", detail="registered or changed by the same operator", status=403)
        changed = await self.clients.enable(held.client.id, order)
        await self.directory.renew()
        return changed

    async def _purposes(self, agency_id: AgencyId, metadata: Mapping[str, Any]) -> Mapping[str, PurposeId]:
        await self.directory.renew()
        purposes = newest_purposes(self.directory.value, agency_id, metadata)
        for scope in str(metadata["scope"]).split():
            if SCOPES[scope].attributes and scope not in purposes:
                raise OAuthError(
                    "invalid_client_metadata",
                    description=f"scope {scope}: no purpose of the agency covers it",
                )
        return purposes
