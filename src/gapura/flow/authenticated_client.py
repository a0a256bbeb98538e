"""The client that calls an endpoint of its own: looked up wherever it was registered, then proven."""

from __future__ import annotations

from dataclasses import dataclass

from gapura.flow.directory import ReadsDirectory
from gapura.protocol.client import Client
from gapura.protocol.client_authentication import ClientAuthentication, authenticate_client, read_credentials
from gapura.protocol.parameters import Parameters
from gapura.protocol.presented import Presented
from gapura.values import ClientId, Instant


@dataclass(frozen=True, slots=True)
class AuthenticatesClients:
    directory: ReadsDirectory
    rules: ClientAuthentication

    async def client(self, presented: Presented, form: Parameters, now: Instant) -> Client:
        """Raises OAuthError("invalid_client") and ("invalid_request"), and Unavailable."""
        credentials = read_credentials(presented.authorization, form, presented.certificate)
        client = await self.directory.client(ClientId(credentials.client_id))
        return await authenticate_client(client, credentials, self.rules, now)
