"""The pool: deadlines, lost connections, transactions, and what is told of a failure."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from gapura.errors import Unavailable
from gapura.storage.connection import conninfo
from gapura.storage.database import Database
from tests.storage.proxy import Proxy

pytestmark = pytest.mark.anyio

PID = "select pg_backend_pid()"
INSERT = "insert into scribble values (%s, %s)"
COUNT = "select count(*) from scribble"
SLEEPING = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"


@pytest.fixture
def database_url(database_url: str) -> str:
    """With a table of our own in it."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("create table scribble (a text, b text not null, primary key (a, b))")
    return database_url


async def test_rows_are_plain_tuples_and_writes_say_how_many(database_url: str) -> None:
    async with Database(database_url, 1) as database:
        assert await database.execute(INSERT, ("officer", "citizen.read")) == 1
        assert await database.fetch("select * from scribble") == [("officer", "citizen.read")]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("insert into scribble values ('a', null)", psycopg.IntegrityError),
        ("select 1 / 0", psycopg.DataError),
        ("select * from nowhere", psycopg.ProgrammingError),
    ],
)
async def test_errors_of_the_statement_itself_pass(
    sql: str, error: type[Exception], database_url: str
) -> None:
    async with Database(database_url, 1) as database:
        with pytest.raises(error):
            await database.fetch(sql)
        assert await database.fetch("select 1") == [(1,)]


async def test_a_failure_of_the_store_is_unavailable_and_quotes_no_value(database_url: str) -> None:
    async with Database(database_url, 1) as database:
        with pytest.raises(Unavailable) as caught:
            await database.fetch("do $$ begin raise exception 'Budi' using errcode = '57P03'; end $$")
    assert caught.value.code == "database"
    assert str(caught.value) == "database: CannotConnectNow 57P03"
    assert caught.value.__cause__ is None


async def test_returning_commits_and_raising_rolls_back(database_url: str) -> None:
    async with Database(database_url, 2) as database:
        async with database.transaction() as tx:
            await tx.execute(INSERT, ("a", "1"))
        with pytest.raises(psycopg.IntegrityError):  # noqa: PT012 -- the first statement has to pass
            async with database.transaction() as tx:
                await tx.execute(INSERT, ("a", "2"))
                await tx.execute(INSERT, ("a", "2"))
        assert await database.fetch(COUNT) == [(1,)]


async def test_a_deadline_ends_the_call_and_the_connection(database_url: str) -> None:
    async with Database(database_url, 1) as database:
        [(before,)] = await database.fetch(PID)
        started = time.monotonic()
        with pytest.raises(Unavailable, match="TimeoutError"):
            async with database.connection(0.2) as connection:
                await connection.execute("select pg_sleep(30)")
        assert time.monotonic() - started < 0.5
        [(after,)] = await database.fetch(PID)
        assert after != before


async def test_a_statement_that_nobody_waits_for_ends_in_the_server(database_url: str) -> None:
    async with Database(database_url, 2) as database:
        with pytest.raises(Unavailable):
            async with database.connection(0.1) as connection:
                await connection.execute("select pg_sleep(30)")
        async with asyncio.timeout(3):
            while await database.fetch(SLEEPING) != [(0,)]:  # noqa: ASYNC110 -- what another process does
                await asyncio.sleep(0.1)


async def test_a_server_that_hangs_holds_nobody_beyond_the_deadline(
    proxied_url: str, database_proxy: Proxy
) -> None:
    async with Database(proxied_url, 2) as database:
        await database.fetch("select 1")
        database_proxy.hang()
        started = time.monotonic()
        for _ in range(3):
            with pytest.raises(Unavailable):
                async with database.connection(0.2) as connection:
                    await connection.execute("select 1")
        assert time.monotonic() - started < 1.2
        database_proxy.flow()
        await eventually(database)


async def test_a_cancelled_call_closes_its_connection(database_url: str) -> None:
    async with Database(database_url, 1) as database:
        [(before,)] = await database.fetch(PID)
        call = asyncio.create_task(database.fetch("select pg_sleep(30)"))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await database.fetch(PID) != [(before,)]


async def test_a_cancelled_transaction_leaves_nothing(database_url: str) -> None:
    async with Database(database_url, 1) as database:
        inserted = asyncio.Event()

        async def change() -> None:
            async with database.transaction() as tx:
                await tx.execute(INSERT, ("a", "1"))
                inserted.set()
                await asyncio.sleep(30)

        task = asyncio.create_task(change())
        await inserted.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await database.fetch(COUNT) == [(0,)]


async def test_a_restarted_server_is_served_from_without_one_failure(
    database_url: str, proxied_url: str, database_proxy: Proxy
) -> None:
    async with Database(proxied_url, 4) as database, Database(database_url, 1) as operator:
        await asyncio.gather(*(database.fetch("select pg_sleep(0.05)") for _ in range(4)))
        await operator.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        )
        await asyncio.sleep(0.1)
        started = time.monotonic()
        assert await database.fetch("select 1") == [(1,)]
        assert time.monotonic() - started < 0.5
        assert database_proxy


async def test_without_a_server_calls_fail_in_time_and_work_once_it_is_there(
    proxied_url: str, database_proxy: Proxy
) -> None:
    database_proxy.refuse()
    async with Database(proxied_url, 2) as database:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await database.fetch("select 1")
        assert time.monotonic() - started < 2.5
        database_proxy.accept()
        await eventually(database)


async def test_a_commit_whose_answer_is_lost_is_unavailable_though_it_happened(
    database_url: str, proxied_url: str, database_proxy: Proxy
) -> None:
    database_proxy.cut_answers_to = lambda data: b"COMMIT" in data
    async with Database(proxied_url, 1) as database, Database(database_url, 1) as witness:
        with pytest.raises(Unavailable):
            async with database.transaction() as tx:
                await tx.execute(INSERT, ("a", "1"))
        assert await witness.fetch(COUNT) == [(1,)]


async def test_after_a_migration_a_stale_plan_costs_one_call_a_connection(database_url: str) -> None:
    async with Database(database_url, 1) as database, Database(database_url, 1) as migration:
        await database.execute("create table thing (a int)")
        for _ in range(3):
            await database.fetch("select * from thing")
        await migration.execute("alter table thing add b int")
        with pytest.raises(Unavailable):
            await database.fetch("select * from thing")
        assert await database.fetch("select * from thing") == []


async def test_a_primary_that_became_a_standby_is_left(database_url: str) -> None:
    async with Database(database_url, 1) as database:
        await database.execute("set default_transaction_read_only = on")
        with pytest.raises(Unavailable, match="25006"):
            await database.execute(INSERT, ("a", "1"))
        assert await database.execute(INSERT, ("a", "1")) == 1


async def test_a_server_that_only_reads_is_no_primary(database_url: str) -> None:
    async with Database(database_url, 1) as database:
        [(name,)] = await database.fetch("select current_database()")
        await database.execute(f'alter database "{name}" set default_transaction_read_only = on')
        with pytest.raises(Unavailable):
            async with Database(database_url, 1) as standby:
                await standby.fetch("select 1")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql+psycopg://gapura@db.example/house", {"host": "db.example", "dbname": "house"}),
        ("postgres://gapura@one,two:5433/house", {"host": "one,two", "target_session_attrs": "read-write"}),
        ("postgresql://db.example/house?options=", {"options": ""}),
        ("postgresql://db.example/house?connect_timeout=9", {"connect_timeout": "9"}),
    ],
)
def test_what_the_url_says_stands_above_our_settings(url: str, expected: dict[str, str]) -> None:
    assert conninfo_to_dict(conninfo(url)).items() >= expected.items()


async def test_what_is_notified_is_heard_and_a_lost_connection_is_made_again(database_url: str) -> None:
    async with Database(database_url, 1) as database:
        one, other = database.listen("news"), database.listen("news")
        assert [await anext(one), await anext(other)] == [None, None]
        await database.fetch("select pg_notify('news', 'first')")
        assert [await anext(one), await anext(other)] == ["first", "first"]
        assert await database.fetch("select count(*) from pg_stat_activity where query ilike 'listen%%'") == [
            (1,)
        ]
        await database.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%%'"
        )
        assert await anext(one) is None
        await database.fetch("select pg_notify('news', 'second')")
        assert await anext(one) == "second"
        await one.aclose()
        await other.aclose()


async def eventually(database: Database) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                assert await database.fetch("select 1") == [(1,)]
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return


async def test_of_two_statements_that_wait_for_each_other_the_one_that_is_ended_is_asked_again(
    database_url: str,
) -> None:
    async with Database(database_url, 2) as database:
        for name in ("one", "two"):
            await database.execute(INSERT, (name, "-"))
        crossed = (
            "with first as (update scribble set b = b || '!' where a = %s returning a), "
            "slow as (select pg_sleep(0.2) from first) update scribble set b = b || '!' from slow where a = %s"
        )
        calls = [database.execute(crossed, order) for order in (("one", "two"), ("two", "one"))]
        assert await asyncio.gather(*calls) == [1, 1]
        assert await database.fetch("select distinct b from scribble") == [("-!!",)]
