"""argon2id off the event loop, in a pool that is bounded so that a storm of sign-ins can't take the rest along."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from gapura.errors import Unavailable
from gapura.values import Secret

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rehash`: right, but hashed with other parameters than today's."""

    ok: bool
    rehash: bool = False


class Passwords:
    """`threads` hash at once and `queue` more may wait; what comes on top is refused (Unavailable, 503)."""

    def __init__(self, memory_kib: int, time_cost: int, parallelism: int, threads: int, queue: int) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._most = threads + queue
        self._under_way = 0
        self.dummy = self._hasher.hash(secrets.token_urlsafe())
        """A hash that no password fits: who is unknown costs the same time as who is known."""

    async def hash(self, password: Secret) -> str:
        text = normalise(password)
        return await self._run(lambda: self._hasher.hash(text))

    async def verify(self, hash_text: str, password: Secret) -> Verdict:
        text = normalise(password)
        return await self._run(lambda: self._judge(hash_text, text))

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _judge(self, hash_text: str, text: str) -> Verdict:
        try:
            self._hasher.verify(hash_text, text)
        except (VerificationError, ValueError):  # InvalidHashError is a ValueError
            return Verdict(ok=False)
        return Verdict(ok=True, rehash=self._hasher.check_needs_rehash(hash_text))

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._under_way >= self._most:
            raise Unavailable("hashing_busy", retry_after=2)
        self._under_way += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        # A hash that runs can't be stopped: its place stays taken until it ends.
        return await asyncio.shield(future)

    def _done(self, future: asyncio.Future[Result]) -> None:
        self._under_way -= 1
        if not future.cancelled():
            future.exception()  # its asker may be gone


def normalise(password: Secret) -> str:
    """NFKC (NIST SP 800-63B §5.1.1.2): one password, whichever way the keyboard composes it."""
    return unicodedata.normalize("NFKC", password.reveal())
