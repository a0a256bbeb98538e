"""What is known of a citizen at this moment, out of the registry and their account, for a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gapura.disclosure.attributes import ACCOUNT, ATTRIBUTES, Facts
from gapura.errors import Unavailable
from gapura.identity.citizen import Citizen
from gapura.identity.contacts import Contacts
from gapura.values import AccountId, CitizenId, Instant


class ReadsCitizens(Protocol):
    async def read(self, citizen_id: CitizenId) -> Citizen | None: ...

    async def recorded_at(self, citizen_id: CitizenId) -> Instant | None: ...


class ReadsContacts(Protocol):
    async def contacts(self, account_id: AccountId) -> Contacts: ...


class NamesRegions(Protocol):
    async def names(self, code: str) -> tuple[str, ...]:
        """The names of the village, district, regency and province of a code, as many as are known."""
        ...


_NO_CONTACTS = Contacts()


@dataclass(frozen=True, slots=True)
class ReadsFacts:
    citizens: ReadsCitizens
    accounts: ReadsContacts
    regions: NamesRegions

    async def facts(self, account_id: AccountId, citizen_id: CitizenId, attributes: tuple[str, ...]) -> Facts:
        """The facts that `attributes` need; what they don't need is left unread.

        Raises Unavailable when the record can't be opened or is gone: nothing is left out silently.
        """
        citizen = await self.citizens.read(citizen_id)
        if citizen is None:
            raise Unavailable("registry", detail="no visible record")
        of_account = any(ATTRIBUTES[name].source == ACCOUNT for name in attributes)
        contacts = await self.accounts.contacts(account_id) if of_account else _NO_CONTACTS
        places = await self.regions.names(citizen.region_code) if "address" in attributes else ()
        return Facts(
            record=citizen,
            address=_address(citizen, places),
            email=contacts.email,
            email_verified=contacts.email_verified,
            phone=contacts.phone,
            phone_verified=contacts.phone_verified,
        )

    async def recorded_at(self, citizen_id: CitizenId) -> Instant:
        """When the record came from the population office. Raises Unavailable when it is gone."""
        recorded_at = await self.citizens.recorded_at(citizen_id)
        if recorded_at is None:
            raise Unavailable("registry", detail="no visible record")
        return recorded_at


def _address(citizen: Citizen, places: tuple[str, ...]) -> Mapping[str, str]:
    """The members of OpenID Connect Core §5.1.1 that the registry knows; `country` is ISO 3166-1.

    `places` are the names from the village up to the province, or none when the code isn't known here.
    """
    lines = (citizen.address_line, f"RT {citizen.rt}/RW {citizen.rw}" if citizen.rt and citizen.rw else "")
    street = ", ".join(filter(None, (*lines, *places[:-2])))
    last = " ".join(filter(None, (", ".join(places[-2:]), citizen.postal_code)))
    members = {
        "formatted": "\n".join(filter(None, (street, last))),
        "street_address": street,
        "locality": places[-2] if len(places) > 1 else "",
        "region": places[-1] if places else "",
        "postal_code": citizen.postal_code,
        "country": "ID",
    }
    return {name: value for name, value in members.items() if value}
