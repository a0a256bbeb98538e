"""Redis or Valkey for what lives short: keys are hashed, values sealed, and what one tick asks goes as one pipeline."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

from redis.exceptions import RedisError

from gapura.crypto.keyring import RootKeyMissing, Vault
from gapura.errors import Unavailable
from gapura.storage.gather import Gather
from gapura.storage.redis_client import connect

COMMAND_SECONDS = 1.0

Command = tuple[bytes | str | int, ...]


class Cache:
    """Losing it must cost convenience, never a guarantee. Every failure of the store is Unavailable("cache").

    `kind` names what is kept and is part of the key; `id` is the secret or name it is kept under, which the store
    never sees. A value that doesn't open, tampered with or sealed under a root key that this worker has yet to
    be given, is Unavailable too (SealBroken, RootKeyMissing) and never mistaken for none.
    """

    def __init__(self, url: str, vault: Vault) -> None:
        self._client = connect(url, COMMAND_SECONDS)
        self._vault = vault
        self._ask: Gather[Command, Any] = Gather(self._send)

    async def get(self, kind: str, id: str | bytes) -> bytes | None:
        key = _key(kind, id)
        return self._open(kind, key, await self._command("GET", key))

    async def put(self, kind: str, id: str | bytes, value: bytes, ttl: int) -> None:
        """Keep for `ttl` seconds."""
        key = _key(kind, id)
        await self._command("SET", key, self._seal(kind, key, value), "EX", ttl)

    async def add(self, kind: str, id: str | bytes, value: bytes, ttl: int) -> bool:
        """Keep unless something is kept already; of many at once exactly one gets True."""
        key = _key(kind, id)
        return await self._command("SET", key, self._seal(kind, key, value), "EX", ttl, "NX") is not None

    async def replace(self, kind: str, id: str | bytes, value: bytes) -> bool:
        """Put in the place of what is kept, for the time that one had left; False when nothing is kept any more."""
        key = _key(kind, id)
        return await self._command("SET", key, self._seal(kind, key, value), "XX", "KEEPTTL") is not None

    async def take(self, kind: str, id: str | bytes) -> bytes | None:
        """Get and delete in one; of many at once exactly one gets the value."""
        key = _key(kind, id)
        return self._open(kind, key, await self._command("GETDEL", key))

    async def touch(self, kind: str, id: str | bytes, ttl: int) -> bytes | None:
        """Get and keep for another `ttl` seconds."""
        key = _key(kind, id)
        return self._open(kind, key, await self._command("GETEX", key, "EX", ttl))

    async def count(self, kind: str, id: str | bytes, ttl: int) -> int:
        """Count up and return how many in this window, which began with the first and lasts `ttl` seconds."""
        key = _key(kind, id)
        # Not SET NX first: a key that expires in between would come back without an end. This way the next call mends it.
        counted, _ = await asyncio.gather(self._command("INCR", key), self._command("EXPIRE", key, ttl, "NX"))
        return int(counted)

    async def counted(self, kind: str, id: str | bytes) -> int:
        """How many `count` has counted in the window under way."""
        return int(await self._command("GET", _key(kind, id)) or 0)

    async def delete(self, kind: str, id: str | bytes) -> bool:
        """Whether there was something."""
        return bool(await self._command("DEL", _key(kind, id)))

    async def ping(self) -> None:
        await self._command("PING")

    async def close(self) -> None:
        await self._client.aclose()

    async def _command(self, *command: bytes | str | int) -> Any:  # noqa: ANN401 -- each answers in its own way
        answer = await self._ask(command)
        if isinstance(answer, Exception):
            raise Unavailable("cache", type(answer).__name__)
        return answer

    async def _send(self, commands: Sequence[Command]) -> Sequence[Any]:
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                return await self._client.send(commands)
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable("cache", type(error).__name__) from None

    def _seal(self, kind: str, key: bytes, value: bytes) -> bytes:
        return self._vault.seal(_purpose(kind, key), value, key)

    def _open(self, kind: str, key: bytes, sealed: bytes | None) -> bytes | None:
        if sealed is None:
            return None
        try:
            return self._vault.open(_purpose(kind, key), sealed, key)
        except RootKeyMissing:
            if sealed[0] > self._vault.versions[0]:
                raise
            return None  # an older key that isn't given was retired: a browser that comes back late with its old cookie


def _key(kind: str, id: str | bytes) -> bytes:
    plain = id.encode() if isinstance(id, str) else id
    return f"{{{kind}:{hashlib.sha256(plain).hexdigest()}}}".encode()


def _purpose(kind: str, key: bytes) -> str:
    # The busiest kinds are sealed more than 2**32 times: two digits of the hash spread them over 256 keys (see Vault).
    return f"cache:{kind}:{key[-3:-1].decode()}"
