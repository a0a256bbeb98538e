"""A client of production takes two operators: one registers it, another one lets it live (decision 14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from gapura.disclosure.purposes import CONSENT, Purpose
from gapura.errors import OAuthError, PageError
from gapura.flow.admin_clients import AdministersClients, HeldClient
from gapura.flow.client_secrets import KeptSecret
from gapura.flow.directory import Agency, Directory
from gapura.flow.new_client import MakesClients, NewClient
from gapura.flow.order import Order
from gapura.flow.records import Note
from gapura.flow.sectors import Sectors
from gapura.protocol.client import ACTIVE, PENDING, Client
from gapura.protocol.registration import RegistrationPolicy
from gapura.values import AgencyId, ClientId, PurposeId
from tests.protocol.samples import SECRETS

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 8, 17, 3, 0, tzinfo=UTC)
DJP = AgencyId("djp")
DISCOVERY = {
    "scopes_supported": ["openid", "profile"],
    "acr_values_supported": [],
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "grant_types_supported": ["authorization_code"],
    "response_types_supported": ["code"],
    "subject_types_supported": ["pairwise"],
}
PURPOSE = Purpose(
    PurposeId(uuid4()), DJP, "lapor", 1, {}, {}, CONSENT, "", 1, ("name", "birthdate", "gender"), ()
)


class OneAgency:
    def __init__(self) -> None:
        self.value = Directory(agencies={DJP: Agency(DJP, {})}, purposes={PURPOSE.id: PURPOSE})

    async def renew(self) -> None: ...

    async def client(self, client_id: ClientId) -> Client | None:
        raise AssertionError("no test here leads to this call")

    async def agency(self, agency_id: AgencyId) -> Agency | None:
        raise AssertionError("no test here leads to this call")


class FakeClients:
    """One client at most."""

    def __init__(self) -> None:
        self.held: HeldClient | None = None

    async def get_json(self, url: str) -> object:
        """The sector's document, which joins the two addresses of these tests."""
        return ["https://pajak.example/kembali", "https://pajak.example/lain"]

    async def all(self) -> tuple[HeldClient, ...]:
        return (self.held,) if self.held is not None else ()

    async def one(self, client_id: ClientId) -> HeldClient | None:
        return self.held

    async def add(self, client: NewClient, order: Order) -> None:
        row = {name: getattr(client, name) for name in ("id", "agency_id", "status", "metadata", "sector")}
        digest = client.secret.digest if client.secret is not None else None
        stored = Client.from_stored({**row, "secret_digest": digest, "secret_expires_at": None})
        self.held = HeldClient(stored, client.metadata, order.at, order.at, frozenset({order.actor}))

    async def enable(self, client_id: ClientId, order: Order) -> bool:
        assert self.held is not None
        self.held = replace(self.held, client=replace(self.held.client, status=ACTIVE))
        return True

    async def change(
        self,
        client_id: ClientId,
        metadata: Mapping[str, Any],
        purposes: Mapping[str, PurposeId],
        secret: KeptSecret | None,
        order: Order,
    ) -> None:
        assert self.held is not None
        self.held = replace(self.held, metadata=metadata, authors=self.held.authors | {order.actor})

    async def link(self, client_id: ClientId, purposes: Mapping[str, PurposeId], order: Order) -> None:
        raise AssertionError("no test here leads to this call")

    async def set_secret(self, client_id: ClientId, secret: KeptSecret, order: Order) -> None:
        raise AssertionError("no test here leads to this call")

    async def disable(self, client_id: ClientId, order: Order) -> bool:
        raise AssertionError("no test here leads to this call")


def order(actor: str) -> Order:
    return Order("operator", actor, NOW, Note(reason="Permintaan tertulis nomor 31"))


@pytest.mark.parametrize(
    ("sandbox", "approver", "status"),
    [
        (True, "ratna", ACTIVE),
        (False, "ratna", PENDING),
        (False, "wayan", ACTIVE),
    ],
    ids=["sandbox", "alone", "two"],
)
async def test_a_client_of_production_needs_a_second_operator(
    sandbox: bool,
    approver: str,
    status: str,
) -> None:
    clients = FakeClients()
    policy = RegistrationPolicy(DISCOVERY, ("openid",), sandbox, operator=True)
    administers = AdministersClients(
        MakesClients(policy, lambda: "s" * 43, lambda: "id", SECRETS), OneAgency(), clients, Sectors(clients)
    )
    document = {"redirect_uris": ["https://pajak.example/kembali"], "scope": "openid profile"}
    await administers.register(document, DJP, order("ratna"))
    assert clients.held is not None
    assert clients.held.client.status == (ACTIVE if sandbox else PENDING)
    try:
        await administers.enable(clients.held, order(approver))
    except PageError as refused:
        assert refused.code == "second_person"
    assert clients.held.client.status == status


async def test_an_operator_puts_nobody_into_a_sector_whose_document_does_not_list_them() -> None:
    clients = FakeClients()
    policy = RegistrationPolicy(DISCOVERY, ("openid",), sandbox=True, operator=True)
    administers = AdministersClients(
        MakesClients(policy, lambda: "s" * 43, lambda: "id", SECRETS), OneAgency(), clients, Sectors(clients)
    )
    sector = {"sector_identifier_uri": "https://pajak.example/uris.json"}
    foreign = {"redirect_uris": ["https://evil.example/kembali"]}
    with pytest.raises(OAuthError, match="invalid_client_metadata"):
        await administers.register({**sector, **foreign}, DJP, order("ratna"))
    assert clients.held is None
    await administers.register(
        {**sector, "redirect_uris": ["https://pajak.example/kembali"]}, DJP, order("ratna")
    )
    assert clients.held is not None
    await administers.change(clients.held, {"redirect_uris": ["https://pajak.example/lain"]}, order("ratna"))
    with pytest.raises(OAuthError, match="invalid_client_metadata"):
        await administers.change(clients.held, foreign, order("ratna"))


async def test_who_changed_a_client_that_waits_does_not_approve_it_either() -> None:
    """Otherwise one operator waits for another's registration, and puts in what nobody else looks at."""
    clients = FakeClients()
    policy = RegistrationPolicy(DISCOVERY, ("openid",), sandbox=False, operator=True)
    administers = AdministersClients(
        MakesClients(policy, lambda: "s" * 43, lambda: "id", SECRETS), OneAgency(), clients, Sectors(clients)
    )
    await administers.register({"redirect_uris": ["https://pajak.example/kembali"]}, DJP, order("ratna"))
    assert clients.held is not None
    await administers.change(
        clients.held, {"redirect_uris": ["https://evil.example/kembali"]}, order("wayan")
    )
    for operator in ("ratna", "wayan"):
        with pytest.raises(PageError, match="second_person"):
            await administers.enable(clients.held, order(operator))
    await administers.enable(clients.held, order("made"))
    assert clients.held.client.status == ACTIVE
