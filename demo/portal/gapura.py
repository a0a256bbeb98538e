"""What the portal knows of Gapura: found by discovery, registered, and spoken to by Authlib's client."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from joserfc.jwk import KeySet

from demo.portal.config import Portal
from demo.portal.registration import registered

TIMEOUT = 10  # seconds


class Gapura:
    """The one identity provider of this portal; made ready at the first need, so that either may start first."""

    def __init__(self, portal: Portal, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._portal, self._transport = portal, transport
        self._client: StarletteOAuth2App | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def ready(self) -> bool:
        return self._client is not None

    async def client(self) -> StarletteOAuth2App:
        """Raises httpx2.HTTPError while Gapura is away."""
        async with self._one_at_a_time:
            if self._client is None:
                self._client = await self._registered()
        return self._client

    async def keys(self, kid: str | None) -> KeySet:
        """Gapura's public keys, fetched again when `kid` is not among those known."""
        client = await self.client()
        known = KeySet.import_key_set(await client.fetch_jwk_set())
        if kid is None or any(key.kid == kid for key in known.keys):
            return known
        return KeySet.import_key_set(await client.fetch_jwk_set(force=True))

    async def _registered(self) -> StarletteOAuth2App:
        portal = self._portal
        address = f"{portal.issuer}/.well-known/openid-configuration"
        async with httpx2.AsyncClient(timeout=TIMEOUT, transport=self._transport) as http:
            answer = await http.get(address)
            answer.raise_for_status()
            metadata = answer.json()
            if metadata["issuer"] != portal.issuer:  # OpenID Connect Discovery §4.3
                raise httpx2.InvalidURL("the discovered issuer is another one")
            mine = await registered(portal, http, metadata)
        return OAuth().register(
            "gapura",
            client_id=mine["client_id"],
            client_secret=mine["client_secret"],
            server_metadata_url=address,
            client_kwargs=self._client_kwargs(),
        )

    def _client_kwargs(self) -> dict[str, Any]:
        more = {"transport": self._transport} if self._transport else {}
        return {"scope": self._portal.scope, "code_challenge_method": "S256", "timeout": TIMEOUT, **more}
