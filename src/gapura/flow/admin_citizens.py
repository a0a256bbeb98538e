"""What an operator does with citizens: look, suspend, reinstate, end sessions; each with a reason, each written down.

A look is written before anything of it is shown: for the audit, and for the citizen, who reads it in their own log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Protocol, TypeAlias

from gapura.errors import PageError
from gapura.flow.account import LiveSession, ReadsLiveSessions
from gapura.flow.facts import ReadsContacts
from gapura.flow.order import Order
from gapura.flow.records import AuditEntry, DataUse
from gapura.identity.citizen import Citizen
from gapura.identity.contacts import Contacts
from gapura.identity.nik import Nik
from gapura.values import AccountId, AgencyId, CitizenId, ClientId, Instant, SessionId

# No rows of the tables: what stands in the citizen's log as who looked.
GAPURA_AGENCY, GAPURA_CLIENT = AgencyId("Gapura"), ClientId("Gapura")
LEGAL_BASIS = "PUBLIC_TASK"
LOOK_LIFETIME = timedelta(minutes=10)
"""How long a reason that was given opens the same citizen's page again, each time with a row of its own."""

LISTED = ("name", "nik", "birthdate", "status")
MASKED = (*LISTED, "gender", "address")
FULL = (*MASKED, "kk", "birth_place", "marital_status", "religion", "email", "phone")

NO_CONTACTS = Contacts()

Act: TypeAlias = Literal["suspend", "reinstate", "end_sessions"]


@dataclass(frozen=True, slots=True, repr=False)
class Sought:
    """By NIK, or by name and birth date together."""

    nik: Nik | None = None
    name: str = ""
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class HeldAccount:
    id: AccountId
    status: str
    created_at: Instant
    second_factor: bool


@dataclass(frozen=True, slots=True, repr=False)
class Seen:
    """A citizen as an operator sees them; `account` is None for who has none."""

    id: CitizenId
    citizen: Citizen
    account: HeldAccount | None = None
    sessions: tuple[LiveSession, ...] = ()
    contacts: Contacts = NO_CONTACTS
    region: str = ""


class FindsCitizens(Protocol):
    """Raises Unavailable."""

    async def find_by_nik(self, nik: Nik) -> CitizenId | None: ...

    async def find_by_name_birth(self, name: str, birth_date: date) -> tuple[CitizenId, ...]: ...

    async def read_many(self, citizen_ids: Sequence[CitizenId]) -> Mapping[CitizenId, Citizen]: ...


class AdministersAccounts(Protocol):
    """Each change is one transaction, its audit row included. Raises Unavailable."""

    async def of_citizen(self, citizen_id: CitizenId) -> HeldAccount | None: ...

    async def act(self, act: Act, account_id: AccountId, order: Order) -> bool:
        """False, and nothing written, when the account's status does not allow it."""
        ...


class DescribesRegions(Protocol):
    async def region(self, code: str) -> str:
        """District and regency of a village's code in words; empty for one that nobody knows. Raises Unavailable."""
        ...


class RecordsLooks(Protocol):
    async def record(self, entry: AuditEntry, uses: Sequence[DataUse]) -> None:
        """Return once all are committed, in one transaction. Raises Unavailable: then nothing may be shown."""
        ...


class KeepsReasons(Protocol):
    """Why an operator looks at a citizen, as long as the look lasts. Raises Unavailable."""

    async def keep(self, session_id: SessionId, citizen_id: CitizenId, reason: str) -> None: ...

    async def reason(self, session_id: SessionId, citizen_id: CitizenId) -> str | None: ...


@dataclass(frozen=True, slots=True)
class AdministersCitizens:
    registry: FindsCitizens
    accounts: AdministersAccounts
    contacts: ReadsContacts
    sessions: ReadsLiveSessions
    regions: DescribesRegions
    looks: RecordsLooks
    reasons: KeepsReasons

    async def search(self, sought: Sought, session_id: SessionId, order: Order) -> tuple[Seen, ...]:
        """Who fits; the reason opens their pages too, for a while."""
        found = await self.registry.read_many(await self._ids(sought))
        detail = {"by": "nik" if sought.nik is not None else "name", "citizens": [str(one) for one in found]}
        entry = order.entry("citizen.search", "citizens", detail)
        await self.looks.record(entry, [_use(one, LISTED, order) for one in found])
        for citizen_id in found:
            await self.reasons.keep(session_id, citizen_id, order.note.reason)
        return tuple(Seen(citizen_id, citizen) for citizen_id, citizen in found.items())

    async def look(self, citizen_id: CitizenId, order: Order, attributes: tuple[str, ...] = MASKED) -> Seen:
        """Raises PageError("not_found")."""
        citizen = (await self.registry.read_many((citizen_id,))).get(citizen_id)
        if citizen is None:
            raise PageError("not_found", detail="no visible record", status=404)
        account = await self.accounts.of_citizen(citizen_id)
        live = await self.sessions.of(account.id, order.at) if account is not None else ()
        contacts = await self.contacts.contacts(account.id) if account is not None else NO_CONTACTS
        region = await self.regions.region(citizen.region_code)
        action = "citizen.show" if attributes == FULL else "citizen.view"
        entry = order.entry(action, f"citizen:{citizen_id}", {"attributes": attributes})
        await self.looks.record(entry, [_use(citizen_id, attributes, order)])
        return Seen(citizen_id, citizen, account, live, contacts, region)

    async def act(self, act: Act, citizen_id: CitizenId, order: Order) -> bool:
        """Raises PageError("not_found") for who has no account."""
        account = await self.accounts.of_citizen(citizen_id)
        if account is None:
            raise PageError("not_found", detail="no account", status=404)
        return await self.accounts.act(act, account.id, order)

    async def _ids(self, sought: Sought) -> tuple[CitizenId, ...]:
        if sought.nik is not None:
            citizen_id = await self.registry.find_by_nik(sought.nik)
            return () if citizen_id is None else (citizen_id,)
        if sought.birth_date is None:
            return ()
        return await self.registry.find_by_name_birth(sought.name, sought.birth_date)


def _use(citizen_id: CitizenId, attributes: tuple[str, ...], order: Order) -> DataUse:
    return DataUse(
        at=order.at,
        citizen_id=citizen_id,
        agency_id=GAPURA_AGENCY,
        client_id=GAPURA_CLIENT,
        purpose_ids=(),
        legal_basis=LEGAL_BASIS,
        action="operator_view",
        attributes=attributes,
        note=order.note,
    )
