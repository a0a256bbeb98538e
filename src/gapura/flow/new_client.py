"""A client that comes to be, by whichever way: what is written down of it, and the secret that is shown once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gapura.disclosure.scopes import SCOPES
from gapura.flow.client_secrets import ClientSecrets, KeptSecret
from gapura.flow.directory import Directory
from gapura.protocol.client import ACTIVE, PENDING, Client
from gapura.protocol.registration import RegistrationPolicy, has_secret, reads_secret
from gapura.protocol.sector import sector_of
from gapura.values import AgencyId, ClientId, Instant, PurposeId, Secret, opaque_digest

SANDBOX_AGENCY = AgencyId("sandbox")


@dataclass(frozen=True, slots=True, repr=False)
class NewClient:
    """A client as it is written down; the digest is SHA-256, `purposes` by scope."""

    id: ClientId
    agency_id: AgencyId
    status: str
    metadata: Mapping[str, Any]
    sector: str
    secret: KeptSecret | None
    registration_token_digest: bytes | None
    purposes: Mapping[str, PurposeId]
    secret_expires_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class MakesClients:
    """`policy` says what a client may be here, and for whoever asks."""

    policy: RegistrationPolicy
    random_text: Callable[[], str] = field(repr=False)
    random_id: Callable[[], str]
    secrets: ClientSecrets

    def client(
        self,
        metadata: Mapping[str, Any],
        agency_id: AgencyId,
        purposes: Mapping[str, PurposeId],
        *,
        alone: bool,
        token: Secret | None = None,
    ) -> tuple[NewClient, Secret | None]:
        """The client, and its secret if it has one. In production it waits for approval (decision 14).

        `alone`: it has a sector of its own, not its agency's. With `token` it looks after itself (RFC 7592).
        """
        client_id = ClientId(self.random_id())
        secret = self.secret(is_due=has_secret(metadata))
        client = NewClient(
            id=client_id,
            agency_id=agency_id,
            status=ACTIVE if self.policy.sandbox else PENDING,
            metadata=metadata,
            sector=own_sector(metadata, client_id) if alone else agency_sector(agency_id),
            secret=self.kept(client_id, secret, metadata),
            registration_token_digest=digest_of(token),
            purposes=purposes,
        )
        return client, secret

    def secret(self, *, is_due: bool) -> Secret | None:
        return Secret(self.random_text()) if is_due else None

    def kept(
        self, client_id: ClientId, secret: Secret | None, metadata: Mapping[str, Any]
    ) -> KeptSecret | None:
        if secret is None:
            return None
        return self.secrets.keep(client_id, secret, readable=reads_secret(metadata))


def digest_of(secret: Secret | None) -> bytes | None:
    return opaque_digest(secret.reveal()) if secret is not None else None


def own_sector(metadata: Mapping[str, Any], client_id: ClientId) -> str:
    return sector_of(metadata) or client_id


def agency_sector(agency_id: AgencyId) -> str:
    """Decision 10: all clients of an agency know a citizen by the same `sub`. No host can be spelt like this."""
    return f"agency:{agency_id}"


def newest_purposes(
    directory: Directory, agency_id: AgencyId, metadata: Mapping[str, Any]
) -> Mapping[str, PurposeId]:
    """The newest purpose of the agency that covers each scope; scopes without attributes go with any."""
    scopes = str(metadata["scope"]).split()
    purposes = sorted(
        (p for p in directory.purposes.values() if p.agency_id == agency_id),
        key=lambda purpose: purpose.version,
    )
    return {
        scope: purpose.id
        for scope in scopes
        for purpose in purposes
        if purpose.attributes.issuperset(SCOPES[scope].attributes)
    }


def kept_purposes(
    directory: Directory, client: Client, metadata: Mapping[str, Any]
) -> Mapping[str, PurposeId]:
    """Of scopes that stay the purpose stays: an operator may have chosen it, and people have agreed to it."""
    scopes = str(metadata["scope"]).split()
    linked = directory.purposes_of(client)
    return {scope: purpose.id for scope, purpose in linked.items() if scope in scopes}
