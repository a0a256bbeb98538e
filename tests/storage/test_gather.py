"""Gathered questions: who gets which answer when a batch ends well, badly or without its askers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count

import psycopg
import pytest

from gapura.errors import Unavailable
from gapura.storage.database import Database
from gapura.storage.gather import Gather
from tests.storage.proxy import Proxy

pytestmark = pytest.mark.anyio

ADD_AGENCIES = "insert into agency select name, name, name, now() from unnest(%s::text[]) as given (name)"


class Store:
    """Answers each row with its double, keeps what it was asked, and stops at the gate."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def ask(self, rows: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(rows))
        await self.gate.wait()
        return [row * 2 for row in rows]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_asked_in_one_tick_is_one_batch_and_each_gets_its_own_answer() -> None:
    store = Store()
    gather = Gather(store.ask)
    assert await asyncio.gather(*(gather(row) for row in range(32))) == [row * 2 for row in range(32)]
    assert store.batches == [list(range(32))]


async def test_a_lone_question_leaves_at_once() -> None:
    store = Store()
    assert await Gather(store.ask)(4) == 8
    assert store.batches == [[4]]


@pytest.mark.parametrize("runners", [1, 2])
async def test_who_was_just_answered_may_ask_again_at_once(runners: int) -> None:
    gather = Gather(Store().ask, runners=runners)

    async def ask_on() -> list[int]:
        return [await gather(row) for row in range(50)]

    async with asyncio.timeout(5):
        answers = await asyncio.gather(*(ask_on() for _ in range(7)))
    assert answers == [[row * 2 for row in range(50)]] * 7


async def test_what_is_asked_while_all_runners_are_busy_is_one_next_batch() -> None:
    store = Store()
    store.gate.clear()
    gather = Gather(store.ask, runners=1)
    tasks = [asyncio.create_task(gather(0))]
    await settle()
    for row in (1, 2, 3):
        tasks.append(asyncio.create_task(gather(row)))
        await settle()
    store.gate.set()
    assert await asyncio.gather(*tasks) == [0, 2, 4, 6]
    assert store.batches == [[0], [1, 2, 3]]


async def test_a_batch_holds_no_more_than_its_limit() -> None:
    store = Store()
    gather = Gather(store.ask, most=10, runners=1)
    await asyncio.gather(*(gather(row) for row in range(25)))
    assert [len(batch) for batch in store.batches] == [10, 10, 5]


async def test_no_more_batches_are_under_way_than_there_are_runners() -> None:
    store = Store()
    store.gate.clear()
    gather = Gather(store.ask, runners=2)
    tasks = []
    for row in range(5):
        tasks.append(asyncio.create_task(gather(row)))
        await settle()
    assert store.batches == [[0], [1]]
    store.gate.set()
    await asyncio.gather(*tasks)


async def test_a_waiter_cancelled_in_line_is_not_asked_for() -> None:
    store = Store()
    store.gate.clear()
    gather = Gather(store.ask, runners=1)
    first, gone, last = (asyncio.create_task(gather(row)) for row in (1, 2, 3))
    await asyncio.sleep(0)
    gone.cancel()
    await settle()
    store.gate.set()
    assert [await first, await last] == [2, 6]
    assert 2 not in [row for batch in store.batches for row in batch]


async def test_a_waiter_cancelled_under_way_loses_nobody_elses_answer() -> None:
    store = Store()
    store.gate.clear()
    gather = Gather(store.ask)
    tasks = [asyncio.create_task(gather(row)) for row in (1, 2, 3)]
    await settle()
    tasks[0].cancel()
    await settle()
    store.gate.set()
    assert await asyncio.gather(*tasks[1:]) == [4, 6]
    assert store.batches == [[1, 2, 3]]


async def test_an_ambiguous_failure_reaches_every_waiter_and_nothing_is_asked_again() -> None:
    asked: list[Sequence[int]] = []

    async def lost(rows: Sequence[int]) -> Sequence[int]:
        asked.append(rows)
        raise Unavailable("database", "OperationalError -")

    gather = Gather(lost)
    answers = await asyncio.gather(*(gather(row) for row in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert len(asked) == 1


@pytest.mark.parametrize("refusal", [psycopg.errors.UniqueViolation, psycopg.DataError])
async def test_a_poisonous_row_fails_alone(refusal: type[Exception]) -> None:
    asked: list[list[int]] = []

    async def insert(rows: Sequence[int]) -> Sequence[int]:
        asked.append(list(rows))
        if 2 in rows:
            raise refusal
        return rows

    gather = Gather(insert)
    answers = await asyncio.gather(*(gather(row) for row in (1, 2, 3)), return_exceptions=True)
    assert answers[0] == 1
    assert isinstance(answers[1], refusal)
    assert answers[2] == 3
    assert asked == [[1, 2, 3], [1], [2], [3]]


async def test_a_store_lost_while_rows_are_asked_alone_is_told_to_those_it_concerns() -> None:
    calls = count()

    async def insert(rows: Sequence[int]) -> Sequence[int]:
        match next(calls):
            case 0:
                raise psycopg.errors.UniqueViolation
            case 1:
                return rows
            case _:
                raise Unavailable("database")

    gather = Gather(insert)
    answers = await asyncio.gather(*(gather(row) for row in (1, 2, 3)), return_exceptions=True)
    assert answers[0] == 1
    assert all(isinstance(answer, Unavailable) for answer in answers[1:])


async def test_after_a_failure_the_next_question_is_asked_as_ever() -> None:
    calls = count()

    async def flaky(rows: Sequence[int]) -> Sequence[int]:
        if next(calls) == 0:
            raise RuntimeError("a bug")
        return rows

    gather = Gather(flaky)
    with pytest.raises(RuntimeError):
        await gather(1)
    assert await gather(2) == 2


async def test_a_run_that_answers_too_few_rows_fails_instead_of_mixing_up_answers() -> None:
    async def short(rows: Sequence[int]) -> Sequence[int]:
        return rows[:-1]

    gather = Gather(short)
    answers = await asyncio.gather(gather(1), gather(2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ValueError, ValueError]


async def test_a_stopped_runner_leaves_nobody_waiting() -> None:
    store = Store()
    store.gate.clear()
    gather = Gather(store.ask, runners=1)
    tasks = [asyncio.create_task(gather(row)) for row in (1, 2)]
    await settle()
    late = asyncio.create_task(gather(3))
    await settle()
    for runner in tuple(gather._running):
        runner.cancel()
    answers = await asyncio.gather(*tasks, late, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3


async def test_a_full_line_is_refused_at_once() -> None:
    store = Store()
    store.gate.clear()
    gather = Gather(store.ask, runners=1, line=2)
    tasks = [asyncio.create_task(gather(0))]
    await settle()
    tasks += [asyncio.create_task(gather(row)) for row in (1, 2)]
    await settle()
    with pytest.raises(Unavailable):
        await gather(3)
    store.gate.set()
    assert await asyncio.gather(*tasks) == [0, 2, 4]


async def test_rows_whose_commit_lost_its_answer_are_written_once_and_all_askers_told(
    database_url: str, proxied_url: str, database_proxy: Proxy
) -> None:
    async with Database(proxied_url, 2) as database, Database(database_url, 1) as witness:

        async def insert(names: Sequence[str]) -> Sequence[None]:
            await database.execute(ADD_AGENCIES, (list(names),))
            return [None] * len(names)

        gather = Gather(insert)
        await gather("first")
        database_proxy.cut_answers_to = lambda data: b"lost-0" in data
        lost = await asyncio.gather(*(gather(f"lost-{n}") for n in range(20)), return_exceptions=True)
        assert {type(answer) for answer in lost} == {Unavailable}
        assert await witness.fetch("select count(*) from agency") == [(21,)]


async def test_of_rows_in_one_statement_the_one_that_breaks_a_constraint_fails_alone(
    database_url: str,
) -> None:
    async with Database(database_url, 2) as database:

        async def insert(names: Sequence[str]) -> Sequence[None]:
            await database.execute(ADD_AGENCIES, (list(names),))
            return [None] * len(names)

        gather = Gather(insert)
        await gather("tax")
        answers = await asyncio.gather(
            gather("health"), gather("tax"), gather("roads"), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [
            type(None),
            psycopg.errors.UniqueViolation,
            type(None),
        ]
        assert await database.fetch("select count(*) from agency") == [(3,)]
