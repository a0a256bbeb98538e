"""The types of authorization details as a request is judged by them: the table, and the purposes of the client that asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gapura.disclosure.authorization_details import Detail, KnownDetails, attributes_in
from gapura.flow.directory import ReadsDirectory
from gapura.protocol.client import Client


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """Implements `protocol.authorization_details.RequestDetails`."""

    known: KnownDetails
    directory: ReadsDirectory

    def read(self, detail: Detail) -> Detail:
        return self.known.read(detail)

    def is_within(self, asked: Detail, agreed: Iterable[Detail]) -> bool:
        return self.known.is_within(asked, agreed)

    def unjustified(self, details: Iterable[Detail], client: Client) -> tuple[str, ...]:
        purposes = self.directory.value.purposes_of(client).values()
        named = {name for purpose in purposes for name in purpose.attributes}
        return tuple(sorted(attributes_in(details) - named))
