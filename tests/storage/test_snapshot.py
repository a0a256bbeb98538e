"""What is held in memory follows the database, and outlives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from gapura.errors import Unavailable
from gapura.storage.database import Database
from gapura.storage.snapshot import Snapshot
from tests.storage.proxy import Proxy

pytestmark = pytest.mark.anyio

ADD = "insert into agency values (%s, 'Pajak', 'Tax', now())"


class Deaf(Database):
    """Hears no notification."""

    async def listen(self, channel: str) -> AsyncGenerator[str | None, None]:
        await asyncio.Event().wait()
        yield channel


class Agencies:
    """Loads the agencies' ids and counts how often."""

    def __init__(self, database: Database) -> None:
        self.database, self.loads = database, 0

    async def load(self) -> frozenset[str]:
        self.loads += 1
        return frozenset(row[0] for row in await self.database.fetch("select id from agency"))


async def until(reached: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110 -- what other tasks do
            await asyncio.sleep(0.01)


async def test_a_change_is_seen_within_a_moment(database_url: str) -> None:
    async with (
        Database(database_url, 2) as database,
        Database(database_url, 1) as elsewhere,
        Snapshot(Agencies(database).load, "clients", database) as snapshot,
    ):
        assert snapshot.value == frozenset()
        first = snapshot.version
        await elsewhere.execute(ADD, ("tax",))
        await until(lambda: snapshot.value == {"tax"}, 0.5)
        assert snapshot.version > first


async def test_a_lost_notification_is_made_up_for_by_the_version(database_url: str) -> None:
    async with (
        Deaf(database_url, 2) as database,
        Snapshot(Agencies(database).load, "clients", database) as snapshot,
    ):
        await database.execute(ADD, ("tax",))
        await until(lambda: snapshot.value == {"tax"}, 3)


async def test_nothing_is_loaded_while_nothing_changes(database_url: str) -> None:
    async with Database(database_url, 2) as database:
        agencies = Agencies(database)
        async with Snapshot(agencies.load, "clients", database) as snapshot:
            await snapshot.refresh()
            await database.execute("update signing_key set alg = alg")  # another snapshot's change
            await asyncio.sleep(0.2)
            assert agencies.loads == 1


async def test_the_last_value_stays_while_postgresql_is_away_and_changes_follow_when_it_is_back(
    database_url: str, proxied_url: str, database_proxy: Proxy
) -> None:
    async with (
        Database(proxied_url, 2) as database,
        Database(database_url, 1) as elsewhere,
        Snapshot(Agencies(database).load, "clients", database) as snapshot,
    ):
        await elsewhere.execute(ADD, ("tax",))
        await until(lambda: snapshot.value == {"tax"}, 3)
        database_proxy.refuse()
        await elsewhere.execute(ADD, ("health",))
        await asyncio.sleep(0.2)
        with pytest.raises(Unavailable):
            await snapshot.refresh_if_changed()
        assert snapshot.value == {"tax"}
        database_proxy.accept()
        await until(lambda: snapshot.value == {"tax", "health"}, 8)


async def test_a_start_without_postgresql_is_made_up_for(proxied_url: str, database_proxy: Proxy) -> None:
    database_proxy.refuse()
    async with (
        Database(proxied_url, 2) as database,
        Snapshot(Agencies(database).load, "clients", database) as snapshot,
    ):
        with pytest.raises(Unavailable):
            _ = snapshot.value
        database_proxy.accept()
        await until(lambda: snapshot.version >= 0, 8)
        assert snapshot.value == frozenset()


async def test_a_miss_sees_what_was_committed_before_it(database_url: str) -> None:
    async with (
        Deaf(database_url, 2) as database,
        Snapshot(Agencies(database).load, "clients", database) as snapshot,
    ):
        for name in ("a", "b", "c"):
            await database.execute(ADD, (name,))
            await snapshot.refresh_if_changed()
            assert name in snapshot.value


async def test_a_storm_of_misses_is_one_look_at_a_time(database_url: str) -> None:
    async with Deaf(database_url, 2) as database:
        agencies = Agencies(database)
        async with Snapshot(agencies.load, "clients", database) as snapshot:
            looks = 0
            refresh = snapshot.refresh

            async def counted() -> None:
                nonlocal looks
                looks += 1
                await refresh()

            snapshot.refresh = counted  # type: ignore[method-assign]
            for _ in range(3):
                await asyncio.gather(*(snapshot.refresh_if_changed() for _ in range(200)))
            assert looks <= 3
            assert agencies.loads == 1


async def test_a_load_that_fails_on_a_bad_row_keeps_the_last_value_and_goes_on_following(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with Database(database_url, 2) as database:
        agencies = Agencies(database)

        async def load() -> frozenset[str]:
            loaded = await agencies.load()
            if "bad" in loaded:
                raise ValueError("a citizen's name")
            return loaded

        async with Snapshot(load, "clients", database) as snapshot:
            await database.execute(ADD, ("bad",))
            await until(lambda: agencies.loads > 1, 1)
            assert snapshot.value == frozenset()
            await database.execute("delete from agency")
            await database.execute(ADD, ("good",))
            await until(lambda: snapshot.value == {"good"}, 3)
    assert "a citizen's name" not in caplog.text
