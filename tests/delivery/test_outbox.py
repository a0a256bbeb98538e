from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from gapura.delivery.backoff import next_try
from gapura.delivery.outbox import EACH, Deliveries, Undelivered
from gapura.delivery.worker import Job, run_worker
from gapura.errors import Unavailable
from gapura.storage.database import Database
from gapura.storage.outbox import CHANNEL, Message, Outbox, enqueue_logouts
from gapura.values import ClientId, Instant, SessionId

pytestmark = pytest.mark.anyio

SESSION = SessionId(UUID(int=5))
MINUTE = timedelta(minutes=1)


def clock() -> Instant:
    return datetime.now(UTC)


async def seed(database: Database, now: Instant, *clients: str, uri: bool = True) -> None:
    """A session that reached these clients."""
    async with database.transaction() as tx:
        await tx.execute("insert into agency values ('a', 'A', 'A', %s) on conflict do nothing", [now])
        await tx.execute(
            "insert into account (id, kind, display_name, status, created_at, changed_at) "
            "values (%s, 'operator', 'o', 'active', %s, %s) on conflict do nothing",
            [UUID(int=1), now, now],
        )
        await tx.execute(
            "insert into session (id, account_id, auth_time, amr, acr, created_at, expires_at) "
            "values (%s, %s, %s, '{pwd}', 'x', %s, %s) on conflict do nothing",
            [SESSION, UUID(int=1), now, now, now],
        )
        for client in clients:
            metadata = '{"backchannel_logout_uri": "https://rp.example/out"}' if uri else "{}"
            await tx.execute(
                "insert into client (id, agency_id, status, metadata, sector, created_at, changed_at) "
                "values (%s, 'a', 'active', %s, 's', %s, %s)",
                [client, metadata, now, now],
            )
            await tx.execute(
                "insert into session_client values (%s, %s, %s, %s)", [SESSION, client, f"sub-{client}", now]
            )


async def end_session(database: Database, now: Instant, clients: list[ClientId] | None = None) -> None:
    async with database.transaction() as tx:
        await enqueue_logouts(tx, (SESSION,), now, clients)


class Receiver:
    """A client's side: remembers what came, answers as told."""

    def __init__(self, answer: Callable[[Message], str | None] = lambda _: None, takes: float = 0) -> None:
        self.came: list[Message] = []
        self.most_at_once: Counter[str] = Counter()
        self._answer, self._takes, self._now = answer, takes, Counter[str]()

    async def __call__(self, message: Message, _now: Instant) -> None:
        self.came.append(message)
        self._now[message.client_id] += 1
        self.most_at_once[message.client_id] = max(
            self.most_at_once[message.client_id], self._now[message.client_id]
        )
        try:
            await asyncio.sleep(self._takes)
            if reason := self._answer(message):
                raise Undelivered(reason)
        finally:
            self._now[message.client_id] -= 1


@asynccontextmanager
async def delivering(
    database: Database, receiver: Receiver, at: Callable[[], Instant] = clock, workers: int = 1
) -> AsyncIterator[None]:
    async def work() -> None:
        deliveries = Deliveries(Outbox(database), {"backchannel_logout": receiver}, at)
        async with aclosing(database.listen(CHANNEL)) as heard:
            await run_worker(deliveries, heard, (), at)

    tasks = [asyncio.create_task(work()) for _ in range(workers)]
    yield
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in ended)


async def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 -- what is waited for lies in a list
            await asyncio.sleep(0.01)


async def settled(database: Database) -> None:
    async with asyncio.timeout(5):
        while (await Outbox(database).waiting())[0]:  # noqa: ASYNC110 -- what is waited for lies in the database
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("attempts", "age", "wait"),
    [
        (1, 0, 5),
        (2, 5, 30),
        (3, 35, 120),
        (4, 155, 600),
        (5, 755, 3_600),
        (6, 4_355, 21_600),
        (9, 82_000, 86_400 - 82_000),
        (10, 86_400, None),
    ],
)
def test_waits_grow_for_a_day_and_then_it_is_dead(
    attempts: int, age: int, wait: int | None, now: Instant
) -> None:
    created = now - timedelta(seconds=age)
    assert next_try(attempts, created, now) == (None if wait is None else now + timedelta(seconds=wait))


async def test_each_client_of_the_session_is_told_once(database: Database, now: Instant) -> None:
    await seed(database, now, "tax", "health")
    await seed(database, now, "quiet", uri=False)
    await end_session(database, now)
    told = await Outbox(database).claim(now, MINUTE, most=10, each=10)
    assert {message.client_id: dict(message.payload) for message in told} == {
        name: {"session_id": str(SESSION), "client_id": name, "sub": f"sub-{name}"}
        for name in ("tax", "health")
    }


async def test_only_the_clients_asked_for_are_told(database: Database, now: Instant) -> None:
    await seed(database, now, "tax", "health")
    await end_session(database, now, [ClientId("tax")])
    assert [m.client_id for m in await Outbox(database).claim(now, MINUTE, most=10, each=10)] == ["tax"]


async def test_a_rollback_leaves_nothing_to_deliver(database: Database, now: Instant) -> None:
    await seed(database, now, "tax")

    async def fail_after_ending() -> None:
        async with database.transaction() as tx:
            await enqueue_logouts(tx, (SESSION,), now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_ending()
    assert await Outbox(database).waiting() == (0, None)


async def test_a_logout_reaches_the_client_within_a_second(database: Database) -> None:
    await seed(database, clock(), "tax")
    receiver = Receiver()
    async with delivering(database, receiver):
        await asyncio.sleep(0.3)
        began = clock()
        await end_session(database, began)
        await until(lambda: bool(receiver.came))
        assert clock() - began < timedelta(seconds=0.5)
        await settled(database)
    [delivery] = await Outbox(database).status([ClientId("tax")], began)
    assert (delivery.status, delivery.attempts, delivery.error) == ("delivered", 1, None)


async def test_a_failed_try_is_made_again_with_the_same_id(database: Database, now: Instant) -> None:
    await seed(database, now, "tax")
    await end_session(database, now)
    times = [now]
    receiver = Receiver(lambda _: "status 500" if len(receiver.came) < 3 else None)
    async with delivering(database, receiver, lambda: times[0]):
        for count in (1, 2):
            await until(lambda count=count: len(receiver.came) == count)  # type: ignore[misc]
            await asyncio.sleep(0.05)
            [delivery] = await Outbox(database).status([ClientId("tax")], now)
            assert (delivery.status, delivery.error) == ("retrying", "status 500")
            times[0] = delivery.due_at
        await settled(database)
    assert len({message.id for message in receiver.came}) == 1
    assert [message.attempts for message in receiver.came] == [1, 2, 3]


async def test_what_nobody_takes_for_a_day_is_dead(database: Database, now: Instant) -> None:
    await seed(database, now, "tax")
    await end_session(database, now)
    async with delivering(database, Receiver(lambda _: "unreachable"), lambda: now + timedelta(days=1)):
        await settled(database)
    [delivery] = await Outbox(database).status([ClientId("tax")], now)
    assert (delivery.status, delivery.error, delivery.dead_at) == (
        "dead",
        "unreachable",
        now + timedelta(days=1),
    )


async def test_a_message_whose_worker_died_comes_back_after_its_lease(
    database: Database, now: Instant
) -> None:
    await seed(database, now, "tax")
    await end_session(database, now)
    outbox = Outbox(database)
    [first] = await outbox.claim(now, MINUTE, most=10, each=10)
    assert await outbox.claim(now + MINUTE / 2, MINUTE, most=10, each=10) == []
    [again] = await outbox.claim(now + MINUTE, MINUTE, most=10, each=10)
    assert (again.id, again.attempts) == (first.id, 2)


async def test_many_workers_send_each_message_once(database: Database) -> None:
    await seed(database, clock(), *(f"c{n}" for n in range(20)))
    receiver = Receiver(takes=0.01)
    async with delivering(database, receiver, workers=3):
        for _ in range(5):
            await end_session(database, clock())
        await until(lambda: len(receiver.came) >= 100)
        await settled(database)
    assert len(receiver.came) == len({message.id for message in receiver.came}) == 100


async def test_a_slow_client_does_not_hold_up_the_others(database: Database, now: Instant) -> None:
    await seed(database, now, "slow", "quick")
    for _ in range(40):
        await end_session(database, now, [ClientId("slow")])
    await end_session(database, now, [ClientId("quick")])

    class Slow(Receiver):
        async def __call__(self, message: Message, now: Instant) -> None:
            self._takes = 0.5 if message.client_id == "slow" else 0
            await super().__call__(message, now)

    receiver = Slow()
    async with delivering(database, receiver):
        await until(lambda: any(message.client_id == "quick" for message in receiver.came), 0.5)
    assert receiver.most_at_once["slow"] == EACH


async def test_a_fault_of_ours_is_told_and_tried_again(database: Database, now: Instant) -> None:
    await seed(database, now, "tax")
    await end_session(database, now)

    class Broken(Receiver):
        async def __call__(self, message: Message, now: Instant) -> None:
            await super().__call__(message, now)
            raise KeyError("NIK 3171011785900001")

    receiver = Broken()
    async with delivering(database, receiver, lambda: now):
        await until(lambda: bool(receiver.came))
        await asyncio.sleep(0.1)
    [delivery] = await Outbox(database).status([ClientId("tax")], now)
    assert (delivery.status, delivery.error) == ("retrying", "KeyError")


async def test_a_store_that_is_away_leaves_the_message_to_its_lease(
    database: Database, now: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await seed(database, now, "tax")
    await end_session(database, now)

    async def away(*_: object) -> None:
        raise Unavailable("database")

    monkeypatch.setattr(Outbox, "delivered", away)
    receiver = Receiver()
    async with delivering(database, receiver, lambda: now):
        await until(lambda: bool(receiver.came))
        await asyncio.sleep(0.1)
    assert await Outbox(database).waiting() == (1, now)


async def test_what_is_under_way_is_ended_when_the_worker_stops(database: Database, now: Instant) -> None:
    await seed(database, now, "tax")
    await end_session(database, now)
    receiver = Receiver(takes=0.3)
    async with delivering(database, receiver, lambda: now):
        await until(lambda: bool(receiver.came))
    assert await Outbox(database).waiting() == (0, None)


async def test_an_outbox_row_holds_ids_alone(database: Database, now: Instant) -> None:
    await seed(database, now, "tax")
    await end_session(database, now)
    [(keys,)] = await database.fetch(
        "select array_agg(k order by k) from outbox, jsonb_object_keys(payload) k"
    )
    assert keys == ["client_id", "session_id", "sub"]
    with pytest.raises(psycopg.errors.CheckViolation):
        await database.execute("update outbox set kind = 'gossip'")


async def test_a_job_that_fails_is_run_again(database: Database) -> None:
    turns: list[Instant] = []

    async def fail_twice(now: Instant) -> None:
        turns.append(now)
        if len(turns) < 3:
            raise Unavailable("database")

    deliveries = Deliveries(Outbox(database), {}, clock)
    async with aclosing(database.listen(CHANNEL)) as heard:
        task = asyncio.create_task(run_worker(deliveries, heard, (Job("flaky", 0.01, fail_twice),), clock))
        await until(lambda: len(turns) > 3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
