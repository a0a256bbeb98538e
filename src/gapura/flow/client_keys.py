"""The keys a client signs with: registered by value, or fetched from its `jwks_uri` and kept for a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, TypeAlias

from gapura.crypto.jose import (
    PublicKeys,
    TokenRefused,
    parse_jwks,
    read_unverified_header,
    verify,
    verify_by_secret,
)
from gapura.crypto.public_keys import KeysRefused
from gapura.errors import GapuraError
from gapura.flow.client_secrets import ClientSecrets
from gapura.protocol.algorithms import assertion_algs
from gapura.protocol.auth_methods import CLIENT_SECRET_JWT
from gapura.protocol.client import Client
from gapura.protocol.presented import Certificate
from gapura.protocol.refusals import invalid_client
from gapura.values import ClientId, Instant

KEEP = timedelta(minutes=10)
AT_MOST_EVERY = timedelta(seconds=10)

# All of it is known to whoever has the assertion and the client's public registration.
FAULTS: Mapping[str, str] = {
    "algorithm": "its alg is none that the client may sign with",
    "unknown_key": "its kid and alg fit no key of the client",
    "signature": "its signature is not by the key of the client",
    "bad_claim": "a time in it is no number",
}

Holds: TypeAlias = Callable[[PublicKeys], bool]
"""Whether the key that is looked for is one of these."""


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

    def is_enough(self, holds: Holds, now: Instant) -> bool:
        """Whether nothing is to be fetched for a key like this."""
        if now - self.tried_at < AT_MOST_EVERY:
            return True
        return self.keys is not None and self.may_be_used(now) and holds(self.keys)


class ClientKeys:
    """Keys of a `jwks_uri` are fetched again for an unknown key, but not more often than every 10 s.

    Whoever knows a client's id can present assertions that nobody signed: each must not become a call of ours.
    """

    def __init__(self, outbound: FetchesJson, secrets: ClientSecrets) -> None:
        self._outbound = outbound
        self._secrets = secrets
        self._parsed: dict[ClientId, tuple[Mapping[str, Any], PublicKeys]] = {}
        self._fetched: dict[str, Fetched] = {}

    async def verify_assertion(self, assertion: str, client: Client, now: Instant) -> Mapping[str, Any]:
        """The claims of an assertion that one of the client's keys signed, or its secret; judges none of them.

        Raises OAuthError("invalid_client").
        """
        if client.token_endpoint_auth_method == CLIENT_SECRET_JWT:
            return self._verify_by_secret(assertion, client)
        try:
            kid = read_unverified_header(assertion).get("kid")
            keys = await self.keys_of(client, kid if isinstance(kid, str) else None, now)
            # Past and future are judged with the other claims, where the fault can be named.
            return verify(
                assertion, keys, algs=assertion_algs(client), now=now, leeway=float("inf"), require=()
            )
        except TokenRefused as error:
            fault = FAULTS.get(error.reason, "it is no signed JWT")
            raise invalid_client(f"client_assertion: {fault}", detail=str(error)) from None
        except KeysRefused as error:
            raise invalid_client("the client's keys cannot be read", detail=str(error)) from None

    async def has_key(self, client: Client, certificate: Certificate, now: Instant) -> bool:
        """Whether the certificate's key is one of the client's (RFC 8705 §2.2). Raises OAuthError("invalid_client")."""

        def holds(keys: PublicKeys) -> bool:
            return keys.has_thumbprint(certificate.key_thumbprint)

        try:
            return holds(await self._keys_with(client, holds, now))
        except KeysRefused as error:
            raise invalid_client("the client's keys cannot be read", detail=str(error)) from None

    async def keys_of(self, client: Client, kid: str | None, now: Instant) -> PublicKeys:
        """Raises OAuthError("invalid_client") when the client has none, or none can be fetched."""
        return await self._keys_with(client, lambda keys: kid is None or kid in keys.by_kid, now)

    def _verify_by_secret(self, assertion: str, client: Client) -> Mapping[str, Any]:
        secret = self._secrets.read(client)
        if secret is None:
            raise invalid_client(
                "client authentication failed", detail="no secret that a MAC could be checked with"
            )
        try:
            return verify_by_secret(assertion, secret.reveal().encode())
        except TokenRefused as error:
            raise invalid_client(
                "client_assertion is not made by HS256 with the client's secret", detail=str(error)
            ) from None

    async def _keys_with(self, client: Client, holds: Holds, now: Instant) -> PublicKeys:
        if client.jwks is not None:
            return self._by_value(client.id, client.jwks)
        if client.jwks_uri is None:
            raise invalid_client("the client has registered no keys")
        known = self._fetched.get(client.jwks_uri)
        if known is None or not known.is_enough(holds, now):
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
