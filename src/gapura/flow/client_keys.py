"""The keys a client signs with: registered by value, or fetched from its `jwks_uri` and kept for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from gapura.crypto.jose import PublicKeys, TokenRefused, parse_jwks, read_unverified_header, verify
from gapura.crypto.public_keys import KeysRefused
from gapura.errors import GapuraError
from gapura.protocol.algorithms import assertion_algs
from gapura.protocol.client import Client
from gapura.protocol.refusals import invalid_client
from gapura.values import ClientId, Instant

KEEP = timedelta(minutes=10)
AT_MOST_EVERY = timedelta(seconds=10)


class FetchesJson(Protocol):
    async def get_json(self, url: str) -> Any:  # noqa: ANN401 -- whatever the other side answers
        """Raises a GapuraError when the address is refused or doesn't answer."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """The keys that came at `at`, None where none ever did; `fault` is what came of the last call, at `tried_at`."""

    keys: PublicKeys | None
    at: Instant
    tried_at: Instant
    fault: str = ""

    def may_be_used(self, now: Instant) -> bool:
        return self.keys is not None and now - self.at < KEEP

    def is_enough(self, kid: str | None, now: Instant) -> bool:
        """Whether nothing is to be fetched for a key of this name."""
        if now - self.tried_at < AT_MOST_EVERY:
            return True
        return self.keys is not None and self.may_be_used(now) and (kid is None or kid in self.keys.by_kid)


class ClientKeys:
    """Keys of a `jwks_uri` are fetched again on an unknown `kid`, but not more often than every 10 s.

    Whoever knows a client's id can present assertions that nobody signed: each must not become a call of ours.
    """

    def __init__(self, outbound: FetchesJson) -> None:
        self._outbound = outbound
        self._parsed: dict[ClientId, tuple[Mapping[str, Any], PublicKeys]] = {}
        self._fetched: dict[str, Fetched] = {}

    async def verify_assertion(self, assertion: str, client: Client, now: Instant) -> Mapping[str, Any]:
        """The claims of an assertion that one of the client's keys signed; judges none of them.

        Raises OAuthError("invalid_client").
        """
        try:
            kid = read_unverified_header(assertion).get("kid")
            keys = await self.keys_of(client, kid if isinstance(kid, str) else None, now)
            # Past and future are judged with the other claims, where the fault can be named.
            return verify(
                assertion, keys, algs=assertion_algs(client), now=now, leeway=float("inf"), require=()
            )
        except (TokenRefused, KeysRefused) as error:
            raise invalid_client(
                "client_assertion is not signed by a key of the client", detail=str(error)
            ) from None

    async def keys_of(self, client: Client, kid: str | None, now: Instant) -> PublicKeys:
        """Raises OAuthError("invalid_client") when the client has none, or none can be fetched."""
        if client.jwks is not None:
            return self._by_value(client.id, client.jwks)
        if client.jwks_uri is None:
            raise invalid_client("the client has registered no keys")
        known = self._fetched.get(client.jwks_uri)
        if known is None or not known.is_enough(kid, now):
            known = await self._fetch(client.jwks_uri, known, now)
        if known.keys is None or not known.may_be_used(now):
            raise invalid_client("the keys of jwks_uri could not be fetched", detail=known.fault)
        return known.keys

    async def _fetch(self, uri: str, known: Fetched | None, now: Instant) -> Fetched:
        """Call `uri`; where nothing good comes, what is known stays for its time."""
        try:
            document = await self._outbound.get_json(uri)
            if not isinstance(document, Mapping):
                raise KeysRefused("keys_refused", "no object")
            fetched = Fetched(parse_jwks(document), now, now)
        except GapuraError as error:
            keys, at = (known.keys, known.at) if known is not None else (None, now)
            fetched = Fetched(keys, at, now, str(error))
        self._fetched[uri] = fetched
        return fetched

    def _by_value(self, client_id: ClientId, jwks: Mapping[str, Any]) -> PublicKeys:
        """Parsed once per registration: the mapping is the one of the directory in memory."""
        found = self._parsed.get(client_id)
        if found is None or found[0] is not jwks:
            found = self._parsed[client_id] = (jwks, parse_jwks(jwks))
        return found[1]
