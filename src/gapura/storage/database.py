"""PostgreSQL for the hot path: a pool of a fixed size, plain tuples as rows, a deadline on every call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Self

import psycopg
from psycopg import errors as pg
from psycopg_pool import AsyncConnectionPool, PoolClosed

from gapura.errors import Unavailable
from gapura.storage.connection import Connection, Row, configure, configure_by_key, conninfo, is_alive
from gapura.storage.listen import Channel

__all__ = ["Connection", "Database", "Row", "Transaction"]

READ_SECONDS = 2.0
WRITE_SECONDS = 5.0
DEADLOCK_TRIES = 2

Params = Sequence[Any] | Mapping[str, Any]
Transaction = Connection
"""A connection inside `Database.transaction`: `execute` gives a cursor with `fetchone` and `fetchall`."""

# The store couldn't serve. What is left, integrity, data and programming errors, is about the statement itself.
_STORE_AWAY = (
    psycopg.OperationalError,
    psycopg.InternalError,
    psycopg.InterfaceError,
    psycopg.NotSupportedError,
)
# Right once, not any more: plans prepared before a migration, a primary that became a standby.
_CONNECTION_STALE = (pg.FeatureNotSupported, pg.ReadOnlySqlTransaction)


class Database:
    """Open it before use (`async with Database(…)`); it opens without a server and serves when there is one.

    Every failure of the store, a deadline included, is Unavailable("database"), and the statement may or may not have
    been committed. psycopg.IntegrityError, DataError and ProgrammingError pass, and then it was not.
    """

    def __init__(self, url: str, size: int = 8, *, prepare: bool = True, by_key: bool = False) -> None:
        """`prepare=False` for a pooler in between that can't keep prepared statements.

        `by_key` where statements look rows up by key: no plan of theirs reads a table through.
        """
        self._conninfo = conninfo(url)
        self._kwargs: dict[str, Any] = {"autocommit": True, "prepare_threshold": 1 if prepare else None}
        self._channels: dict[str, Channel] = {}
        self._pool = AsyncConnectionPool(
            self._conninfo,
            connection_class=Connection,
            kwargs=self._kwargs,
            min_size=size,
            max_size=size,
            open=False,
            configure=configure_by_key if by_key else configure,
            reconnect_timeout=1,  # a worker gives up soon and the next caller tries again: no backoff to sit out
            name="gapura",
        )

    async def open(self) -> None:
        await self._pool.open(wait=False)

    async def close(self) -> None:
        for channel in self._channels.values():
            channel.close()
        await self._pool.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def fetch(self, sql: str, params: Params | None = None, *, write: bool = False) -> list[Row]:
        """All rows of one statement, in autocommit; `write` takes the longer deadline."""
        async with self.connection(WRITE_SECONDS if write else READ_SECONDS) as connection:
            return await (await _execute(connection, sql, params)).fetchall()

    async def execute(self, sql: str, params: Params | None = None) -> int:
        """How many rows one statement wrote, in autocommit."""
        async with self.connection(WRITE_SECONDS) as connection:
            return (await _execute(connection, sql, params)).rowcount

    @asynccontextmanager
    async def connection(self, seconds: float | None = READ_SECONDS) -> AsyncIterator[Connection]:
        """A connection in autocommit for at most `seconds`, waiting for it included; None is without end."""
        with _mapped():
            async with asyncio.timeout(seconds):
                connection = await self._take(seconds or READ_SECONDS)
                try:
                    yield connection
                except _CONNECTION_STALE:
                    connection.pgconn.finish()
                    raise
                finally:
                    await self._pool.putconn(connection)

    @asynccontextmanager
    async def transaction(self, seconds: float | None = WRITE_SECONDS) -> AsyncIterator[Transaction]:
        """Returning commits, raising rolls back, and the whole block ends within `seconds`."""
        async with self.connection(seconds) as connection, connection.transaction():
            try:
                yield connection
            except Exception:
                raise
            except BaseException:
                connection.pgconn.finish()  # cancelled: a rollback might wait for a server that hangs
                raise

    async def _take(self, seconds: float) -> Connection:
        # After a restart of the server all connections in the pool are dead: go through them at once. The pool's own
        # `check` would sit out a pause after each.
        while not is_alive(connection := await self._pool.getconn(timeout=seconds)):
            await self._pool.putconn(connection)
        return connection

    def listen(self, channel: str) -> AsyncGenerator[str | None, None]:
        """The payloads of NOTIFY, without end; None after each (re)connection, when some may have been missed."""
        if channel not in self._channels:
            self._channels[channel] = Channel(channel, self._connect)
        return self._channels[channel].hear()

    async def _connect(self) -> Connection:
        return await Connection.connect(self._conninfo, **self._kwargs)


async def _execute(connection: Connection, sql: str, params: Params | None) -> psycopg.AsyncCursor[Row]:
    """One statement in autocommit. Of two that wait for each other the server ends one, all of it: it is asked again."""
    for _ in range(DEADLOCK_TRIES):
        with suppress(pg.DeadlockDetected):
            return await connection.execute(sql, params)
    return await connection.execute(sql, params)


@contextmanager
def _mapped() -> Iterator[None]:
    # The driver's own text may quote values, so only its class and SQLSTATE go on.
    try:
        yield
    except _STORE_AWAY as error:
        sqlstate = getattr(error, "sqlstate", None) or "-"
        raise Unavailable("database", f"{type(error).__name__} {sqlstate}") from None
    except (TimeoutError, PoolClosed) as error:
        raise Unavailable("database", type(error).__name__) from None
