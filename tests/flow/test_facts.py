from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from gapura.errors import Unavailable
from gapura.flow.facts import ReadsFacts
from gapura.identity.citizen import Citizen, Citizenship, Education, MaritalStatus, Relation, Sex, Status
from gapura.identity.contacts import Contacts
from gapura.values import AccountId, CitizenId, Instant

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
ACCOUNT, CITIZEN = AccountId(UUID(int=1)), CitizenId(UUID(int=2))
SITI = Citizen(
    "3171015790920002", "3171011288150007", "SITI RAHMAWATI", "JAKARTA", date(1992, 10, 17), Sex.FEMALE, None, None,
    MaritalStatus.MARRIED, "GURU", Education.BACHELOR, Citizenship.INDONESIAN, "JL. MERDEKA NO. 17", "004", "002",
    "31.71.01.1001", "10110", Relation.WIFE, None, "", None, "", Status.ACTIVE, None,
)  # fmt: skip
PLACES = ("Gambir", "Gambir", "Kota Jakarta Pusat", "DKI Jakarta")


@dataclass
class Known:
    """The registry, the account and the regions of one person."""

    citizen: Citizen | None = SITI
    places: tuple[str, ...] = PLACES
    asked_for_contacts: int = 0

    async def read(self, _: CitizenId) -> Citizen | None:
        return self.citizen

    async def recorded_at(self, _: CitizenId) -> Instant | None:
        return NOW if self.citizen is not None else None

    async def contacts(self, _: AccountId) -> Contacts:
        self.asked_for_contacts += 1
        return Contacts(email="siti@contoh.id", email_verified=True)

    async def names(self, _: str) -> tuple[str, ...]:
        return self.places


async def test_an_address_names_its_places() -> None:
    known = Known()
    facts = await ReadsFacts(known, known, known).facts(ACCOUNT, CITIZEN, ("address",))
    assert facts.address == {
        "formatted": "JL. MERDEKA NO. 17, RT 004/RW 002, Gambir, Gambir\nKota Jakarta Pusat, DKI Jakarta 10110",
        "street_address": "JL. MERDEKA NO. 17, RT 004/RW 002, Gambir, Gambir",
        "locality": "Kota Jakarta Pusat",
        "region": "DKI Jakarta",
        "postal_code": "10110",
        "country": "ID",
    }


async def test_an_address_of_an_unknown_region_keeps_its_lines() -> None:
    known = Known(places=(), citizen=replace(SITI, rt="", rw=""))
    facts = await ReadsFacts(known, known, known).facts(ACCOUNT, CITIZEN, ("address",))
    assert facts.address["formatted"] == "JL. MERDEKA NO. 17\n10110"
    assert "region" not in facts.address


async def test_what_is_not_asked_for_is_not_read() -> None:
    known = Known()
    facts = await ReadsFacts(known, known, known).facts(ACCOUNT, CITIZEN, ("name",))
    assert (facts.record.full_name, facts.email, known.asked_for_contacts) == ("SITI RAHMAWATI", None, 0)


async def test_a_record_that_is_gone_is_no_empty_answer() -> None:
    known = Known(citizen=None)
    with pytest.raises(Unavailable):
        await ReadsFacts(known, known, known).facts(ACCOUNT, CITIZEN, ("name",))


async def test_a_record_says_when_it_came_and_none_is_never_today() -> None:
    known, gone = Known(), Known(citizen=None)
    assert await ReadsFacts(known, known, known).recorded_at(CITIZEN) == NOW
    with pytest.raises(Unavailable):
        await ReadsFacts(gone, gone, gone).recorded_at(CITIZEN)
