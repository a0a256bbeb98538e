"""One connection to PostgreSQL whose every wait can be ended from here, also when the server hangs."""

from __future__ import annotations

import select
from typing import Any, TypeVar

import psycopg
from psycopg import waiting
from psycopg.abc import PQGen

Result = TypeVar("Result")
Row = tuple[Any, ...]

# A peer that vanished without a word is noticed by the kernel, a statement that nobody waits for ends in the server,
# and of several hosts in the URL the primary is taken: security decisions never read a standby.
SETTINGS = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "target_session_attrs": "read-write",
    "application_name": "gapura",
}
SERVER_OPTIONS = (
    "-c client_connection_check_interval=1s -c idle_in_transaction_session_timeout=60s -c TimeZone=UTC"
)


class Connection(psycopg.AsyncConnection[Row]):
    """Closes itself when whoever waits for it is cancelled.

    psycopg instead asks the server to cancel and waits for it up to 10 s more, beyond any deadline of the caller.
    """

    async def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:  # noqa: ASYNC109 -- as psycopg has it
        try:
            return await waiting.wait_async(gen, self.pgconn.socket, interval=interval, timeout=timeout)
        except Exception:
            raise  # an answer of the server or of the driver
        except BaseException:
            self.pgconn.finish()
            raise


def is_alive(connection: Connection) -> bool:
    """Whether the server still holds on to an idle connection; costs no round trip. What is dead gets closed."""
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    if poll.poll(0):  # readable while idle: the server's last word, or the end of the stream
        connection.pgconn.finish()
        return False
    return True


async def configure(connection: psycopg.AsyncConnection[Row]) -> None:
    connection.prepared_max = 512


async def configure_by_key(connection: psycopg.AsyncConnection[Row]) -> None:
    """For statements that look rows up by their keys, as all do that many wait for.

    A prepared statement keeps the plan that it got when its tables were small: without these it may read a table
    through for every batch, longer and longer, until the server next takes its statistics.
    """
    await configure(connection)
    for way in ("seqscan", "hashjoin", "mergejoin"):
        await connection.execute(f"set enable_{way} = off")


def conninfo(url: str) -> str:
    """The URL as libpq takes it; `options` in the URL win over ours, and other drivers' schemes are understood."""
    plain = (
        "postgresql://" + url.partition("://")[2] if url.partition("://")[0].startswith("postgres") else url
    )
    given = psycopg.conninfo.conninfo_to_dict(plain)
    return psycopg.conninfo.make_conninfo(plain, **{k: v for k, v in _defaults().items() if k not in given})


def _defaults() -> dict[str, Any]:
    return {**SETTINGS, "options": SERVER_OPTIONS}
