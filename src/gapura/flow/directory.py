"""Clients, agencies and purposes as one immutable value: each worker holds the newest, requests only read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gapura.disclosure.purposes import Purpose
from gapura.protocol.client import Client
from gapura.values import AgencyId, ClientId, PurposeId


@dataclass(frozen=True, slots=True)
class Agency:
    id: AgencyId
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything that requests look up of clients.

    `client_purposes` has each client's purposes by scope, `origins` the web origins of their redirect URIs,
    `resources` the identifiers of the resource servers (RFC 8707), `certificates` what stands in the `x5c` of their keys.
    """

    clients: Mapping[ClientId, Client] = field(default_factory=dict)
    agencies: Mapping[AgencyId, Agency] = field(default_factory=dict)
    purposes: Mapping[PurposeId, Purpose] = field(default_factory=dict)
    client_purposes: Mapping[ClientId, Mapping[str, Purpose]] = field(default_factory=dict)
    origins: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    certificates: frozenset[str] = frozenset()

    def purposes_of(self, client: Client) -> Mapping[str, Purpose]:
        return self.client_purposes.get(client.id, {})

    def agency_of(self, client: Client) -> Agency:
        return self.agencies[client.agency_id]


class ReadsDirectory(Protocol):
    @property
    def value(self) -> Directory: ...

    async def client(self, client_id: ClientId) -> Client | None:
        """The client, looked up again in the store when this worker doesn't know it yet."""
        ...

    async def agency(self, agency_id: AgencyId) -> Agency | None:
        """Likewise."""
        ...

    async def renew(self) -> None:
        """See what was committed until now: who has just changed a client finds it changed here."""
        ...


@dataclass(frozen=True, slots=True)
class Resources:
    """The identifiers of the resource servers that are registered now (RFC 8707)."""

    directory: ReadsDirectory

    def __contains__(self, identifier: object) -> bool:
        return identifier in self.directory.value.resources
