"""Clients that register themselves (RFC 7591) and look after their registration (RFC 7592)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Protocol

from gapura.errors import OAuthError
from gapura.flow.client_secrets import KeptSecret
from gapura.flow.directory import ReadsDirectory
from gapura.flow.new_client import (
    SANDBOX_AGENCY,
    MakesClients,
    NewClient,
    agency_sector,
    kept_purposes,
    newest_purposes,
    own_sector,
)
from gapura.flow.order import Order
from gapura.flow.sectors import Sectors
from gapura.protocol.bearer import not_presented, read_bearer
from gapura.protocol.client import PENDING, Client
from gapura.protocol.profiles import OIDC
from gapura.protocol.registration import (
    answer,
    new_secret_due,
    register,
    replace,
)
from gapura.protocol.registration_approved import check_approved
from gapura.values import AgencyId, ClientId, Instant, PurposeId, Secret, opaque_digest


@dataclass(frozen=True, slots=True, repr=False)
class Registered:
    """What RFC 7592 reads of a client besides the rules' view of it."""

    metadata: Mapping[str, Any]
    registration_token_digest: bytes | None
    created_at: Instant
    secret_expires_at: Instant | None


class WritesClients(Protocol):
    """Each is one transaction, its audit row included. Raises Unavailable."""

    async def add(self, client: NewClient, order: Order) -> None: ...

    async def registered(self, client_id: ClientId) -> Registered | None: ...

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

    async def remove(self, client_id: ClientId, order: Order) -> None: ...

    async def is_invited(self, digest: bytes, now: Instant) -> bool:
        """Whether an initial access token can still be claimed."""
        ...

    async def claim_initial_token(self, digest: bytes, now: Instant) -> AgencyId | None:
        """The agency that an initial access token is for; each is good once."""
        ...


@dataclass(frozen=True, slots=True)
class Registration:
    issuer: str
    makes: MakesClients
    directory: ReadsDirectory
    clients: WritesClients
    sectors: Sectors

    async def register(self, authorization: str | None, document: object, now: Instant) -> dict[str, Any]:
        """The answer of RFC 7591 §3.2.1.

        An initial access token says for which agency. The sandbox is open without one too; in production it is
        needed, and the client waits for approval. Raises OAuthError.
        """
        metadata = register(document, self.makes.policy)
        is_open = self.makes.policy.sandbox and authorization is None
        if not is_open:
            await self._check_invited(authorization, now)
        await self.sectors.check(metadata)
        agency_id = SANDBOX_AGENCY if is_open else await self._agency_of(authorization, now)
        token = Secret(self.makes.random_text())
        purposes = newest_purposes(self.directory.value, agency_id, metadata)
        client, secret = self.makes.client(metadata, agency_id, purposes, alone=is_open, token=token)
        await self.clients.add(client, Order.of_client(client.id, now))
        await self.directory.renew()
        return answer(
            self.issuer, client.id, metadata, issued_at=now, registration_token=token, secret=secret
        )

    async def read(self, client_id: str, authorization: str | None) -> dict[str, Any]:
        client, token, stored = await self._own(client_id, authorization)
        return answer(
            self.issuer, client.id, stored.metadata, issued_at=stored.created_at, registration_token=token
        )

    async def replace(
        self, client_id: str, authorization: str | None, document: object, now: Instant
    ) -> dict[str, Any]:
        """Raises OAuthError for what the client may not be; nothing is changed then."""
        client, token, stored = await self._own(client_id, authorization)
        metadata = replace(document, stored.metadata, client.id, client.secret_digest, self.makes.policy)
        if client.status != PENDING and not self.makes.policy.sandbox:
            check_approved(stored.metadata, metadata)
        await self.sectors.check(metadata)
        _check_stays(client, metadata)
        secret = self.makes.secret(is_due=new_secret_due(stored.metadata, metadata))
        purposes = {
            **newest_purposes(self.directory.value, client.agency_id, metadata),
            **kept_purposes(self.directory.value, client, metadata),
        }
        order = Order.of_client(client.id, now)
        # Decision 10: whatever the new addresses are, the sector and so every `sub` stay.
        kept = self.makes.kept(client.id, secret, metadata)
        await self.clients.change(client.id, metadata, purposes, kept, order)
        await self.directory.renew()
        return answer(
            self.issuer,
            client.id,
            metadata,
            issued_at=stored.created_at,
            registration_token=token,
            secret=secret,
        )

    async def remove(self, client_id: str, authorization: str | None, now: Instant) -> None:
        client, _, _ = await self._own(client_id, authorization)
        await self.clients.remove(client.id, Order.of_client(client.id, now))
        await self.directory.renew()

    async def _own(self, client_id: str, authorization: str | None) -> tuple[Client, Secret, Registered]:
        """RFC 7592 §3: a registration token is good for its own client; nobody learns which clients exist."""
        token = read_bearer(authorization, None)
        client = await self.directory.client(ClientId(client_id))
        stored = await self.clients.registered(client.id) if client is not None else None
        digest = stored.registration_token_digest if stored is not None else None
        good = compare_digest(opaque_digest(token.reveal()), digest or bytes(32))
        if client is None or stored is None or not good:
            raise not_presented()
        return client, token, stored

    async def _check_invited(self, authorization: str | None, now: Instant) -> None:
        """Before we call an address on somebody's word; the token itself is spent by who registers with it."""
        token = read_bearer(authorization, None)
        if not await self.clients.is_invited(opaque_digest(token.reveal()), now):
            raise not_presented()

    async def _agency_of(self, authorization: str | None, now: Instant) -> AgencyId:
        token = read_bearer(authorization, None)
        agency_id = await self.clients.claim_initial_token(opaque_digest(token.reveal()), now)
        if agency_id is None:
            raise not_presented()
        return agency_id


def _check_stays(client: Client, metadata: Mapping[str, Any]) -> None:
    """The sector stays, and so does every `sub`: who moves to another host registers anew.

    Otherwise a client could take the sector of a host with it and learn the subjects of whoever comes there next. A strong
    profile stays too: else what was granted under it would live on without the keys that it was bound to.
    """
    if client.profile.name not in {OIDC, metadata["security_profile"]}:
        raise OAuthError(
            "invalid_client_metadata",
            description=f"security_profile stays {client.profile.name}; register anew for another one",
        )
    if client.sector not in (agency_sector(client.agency_id), own_sector(metadata, client.id)):
        raise OAuthError("invalid_redirect_uri", description="the redirect URIs belong to another sector")
