"""Who registers itself, and would then be more than it was approved for. Production's rules, which no sandbox has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from gapura.disclosure.purposes import CONSENT, Purpose
from gapura.errors import OAuthError
from gapura.flow.client_secrets import KeptSecret
from gapura.flow.directory import Agency, Directory
from gapura.flow.new_client import MakesClients, NewClient
from gapura.flow.order import Order
from gapura.flow.register import Registered, Registration
from gapura.flow.sectors import Sectors
from gapura.protocol.client import ACTIVE, Client
from gapura.values import AgencyId, ClientId, Instant, PurposeId, opaque_digest
from tests.protocol.registrations import PRODUCTION
from tests.protocol.samples import CALLBACK, ISSUER, SECRETS

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 8, 17, 3, 0, tzinfo=UTC)
DJP = AgencyId("djp")
INVITATION = "an-invitation"


def purpose(version: int, *attributes: str) -> Purpose:
    return Purpose(
        PurposeId(uuid4()), DJP, "lapor", version, {}, {}, CONSENT, "", 1, ("name", *attributes), ()
    )


CHOSEN = purpose(1, "birthdate", "gender")
WIDER = purpose(2, "birthdate", "gender", "email", "address")
MODEST: Mapping[str, Any] = {"redirect_uris": [CALLBACK], "client_name": "Pajak", "scope": "openid profile"}


class Held:
    """One client at most, in the parts of a directory, a store and an outbound client."""

    def __init__(self) -> None:
        self.value = Directory(agencies={DJP: Agency(DJP, {})}, purposes={CHOSEN.id: CHOSEN})
        self.stored: Registered | None = None
        self.linked: Mapping[str, PurposeId] = {}
        self.called: list[str] = []

    def publish(self, published: Purpose) -> None:
        self._see(purposes={**self.value.purposes, published.id: published})

    def approve(self) -> None:
        [client] = self.value.clients.values()
        self._keep(client.id, self._metadata, ACTIVE)

    async def renew(self) -> None: ...

    async def client(self, client_id: ClientId) -> Client | None:
        return self.value.clients.get(client_id)

    async def agency(self, agency_id: AgencyId) -> Agency | None:
        return self.value.agencies.get(agency_id)

    async def add(self, client: NewClient, order: Order) -> None:
        self.stored = Registered(client.metadata, client.registration_token_digest, order.at, None)
        self.linked = client.purposes
        self._keep(client.id, client.metadata, client.status)

    async def registered(self, client_id: ClientId) -> Registered | None:
        return self.stored

    async def change(
        self,
        client_id: ClientId,
        metadata: Mapping[str, Any],
        purposes: Mapping[str, PurposeId],
        secret: KeptSecret | None,
        order: Order,
    ) -> None:
        self.linked = purposes
        self._keep(client_id, metadata, ACTIVE)

    async def remove(self, client_id: ClientId, order: Order) -> None:
        raise AssertionError("no test here leads to this call")

    async def is_invited(self, digest: bytes, now: Instant) -> bool:
        return digest == opaque_digest(INVITATION)

    async def claim_initial_token(self, digest: bytes, now: Instant) -> AgencyId | None:
        return DJP if await self.is_invited(digest, now) else None

    async def get_json(self, url: str) -> Any:
        self.called.append(url)
        return [CALLBACK]

    def _keep(self, client_id: ClientId, metadata: Mapping[str, Any], status: str) -> None:
        self._metadata = metadata
        row = {"id": client_id, "agency_id": DJP, "sector": "agency:djp"}
        rest = {"status": status, "metadata": metadata, "secret_digest": None, "secret_expires_at": None}
        purposes = {scope: self.value.purposes[purpose_id] for scope, purpose_id in self.linked.items()}
        self._see(
            clients={client_id: Client.from_stored({**row, **rest})}, client_purposes={client_id: purposes}
        )

    def _see(self, **changed: Any) -> None:
        names = ("clients", "agencies", "purposes", "client_purposes")
        self.value = Directory(**{name: getattr(self.value, name) for name in names} | changed)


def registration(held: Held) -> Registration:
    makes = MakesClients(PRODUCTION, lambda: "s" * 43, lambda: "pajak", SECRETS)
    return Registration(ISSUER, makes, held, held, Sectors(held))


async def change(held: Held, **wanted: object) -> dict[str, Any]:
    """As a client that was registered by invitation and then approved."""
    registered = await registration(held).register(f"Bearer {INVITATION}", dict(MODEST), NOW)
    held.approve()
    token = f"Bearer {registered['registration_access_token']}"
    return await registration(held).replace("pajak", token, {**MODEST, "client_id": "pajak", **wanted}, NOW)


@pytest.mark.parametrize(
    "wanted",
    [
        {"scope": "openid profile address"},
        {"redirect_uris": [CALLBACK, "https://evil.example/cb"]},
        {"client_name": "Kementerian Keuangan"},
        {"client_name#en": "Ministry of Finance"},
        {"logo_uri": "https://evil.example/garuda.png"},
        {"token_endpoint_auth_method": "none"},
        {"grant_types": ["authorization_code", "refresh_token"]},
    ],
    ids=lambda wanted: next(iter(wanted)),
)
async def test_an_approved_client_makes_itself_no_other(wanted: Mapping[str, object]) -> None:
    held = Held()
    held.publish(WIDER)
    with pytest.raises(OAuthError, match="invalid_client_metadata"):
        await change(held, **wanted)


@pytest.mark.parametrize(
    "wanted",
    [{"contacts": ["dev@pajak.example"]}, {"scope": "openid"}, {"jwks_uri": "https://pajak.example/keys"}],
    ids=lambda wanted: next(iter(wanted)),
)
async def test_an_approved_client_looks_after_its_own_affairs(wanted: Mapping[str, object]) -> None:
    answer = await change(Held(), **wanted)
    assert {**answer, **wanted} == answer


async def test_a_client_that_changes_itself_keeps_the_purpose_chosen_for_it() -> None:
    held = Held()
    await registration(held).register(f"Bearer {INVITATION}", dict(MODEST), NOW)
    held.publish(WIDER)
    token = f"Bearer {'s' * 43}"
    await registration(held).replace("pajak", token, {**MODEST, "client_id": "pajak"}, NOW)
    assert held.linked["profile"] == CHOSEN.id


@pytest.mark.parametrize("authorization", [None, "Bearer guessed"])
async def test_nobody_makes_us_call_an_address_without_an_invitation(authorization: str | None) -> None:
    held = Held()
    document = {**MODEST, "sector_identifier_uri": "https://victim.example/uris.json"}
    with pytest.raises(OAuthError, match="invalid_token"):
        await registration(held).register(authorization, document, NOW)
    assert held.called == []
