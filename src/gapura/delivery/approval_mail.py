"""Tells a person that a service asks for their approval. The link opens the page and does nothing else (decision 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from gapura.delivery.ciba_ping import FindsClient, FindsRequest, digest_of
from gapura.flow.can_authenticate import can_authenticate
from gapura.flow.decoupled import DecoupledRequest, path_of
from gapura.flow.facts import ReadsContacts
from gapura.flow.letter import Letter
from gapura.flow.visit import ReadsPeople
from gapura.identity.person import Person
from gapura.protocol.client import Client
from gapura.storage.outbox import Message
from gapura.values import Instant

Write: TypeAlias = Callable[[Person, Client, str, Instant], Letter]
"""The letter to a person about a client's request: with the link, and until when it is good."""


class SendsMail(Protocol):
    async def send(self, to: str, letter: Letter, now: Instant, /) -> None:
        """Raises Undelivered."""
        ...


@dataclass(frozen=True, slots=True)
class ApprovalMail:
    """What is not worth a letter any more, or has nobody to go to, ends without one."""

    issuer: str
    directory: FindsClient
    requests: FindsRequest
    people: ReadsPeople
    contacts: ReadsContacts
    mailer: SendsMail
    write: Write

    async def __call__(self, message: Message, now: Instant) -> None:
        """Raises Undelivered, and Unavailable."""
        asked = await self.requests.find(digest_of(message))
        client = await self.directory.client(message.client_id)
        if asked is None or asked.expires_at <= now or client is None or not client.is_active:
            return
        person = await self._asked(asked, client)
        contacts = await self.contacts.contacts(person.account_id) if person is not None else None
        # An address that nobody confirmed may be somebody else's.
        if person is None or contacts is None or contacts.email is None or not contacts.email_verified:
            return
        letter = self.write(person, client, self.issuer + path_of(asked.digest), asked.expires_at)
        await self.mailer.send(contacts.email, letter, now)

    async def _asked(self, asked: DecoupledRequest, client: Client) -> Person | None:
        person = await self.people.person(asked.account_id) if asked.account_id is not None else None
        return person if person is not None and can_authenticate(person, client) is None else None
