"""The counters of failures by themselves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gapura.identity.throttle import (
    PER_CODE,
    PER_MINUTE,
    PER_PERSON,
    Blocked,
    Counted,
    Counter,
    Crowded,
    Limit,
    Place,
    claim,
    settle,
)
from gapura.storage.throttle import Throttle
from gapura.values import Instant
from tests.people.worlds import RealWorld

NARROW = Limit(2, timedelta(minutes=1), growth=2.0)


def fresh(now: Instant, limit: Limit) -> Counter:
    return Counter(0, 0, 0, now, limit.window)


def claimed(counter: Counter, limit: Limit, now: Instant) -> Counter:
    after = claim(counter, limit, now)
    assert isinstance(after, Counter)
    return after


def failed(counter: Counter, limit: Limit, now: Instant) -> Counter:
    return settle(claimed(counter, limit, now), limit, now, right=False)


def test_a_place_under_way_keeps_others_waiting_and_not_out(now: Instant) -> None:
    counter = claimed(claimed(fresh(now, NARROW), NARROW, now), NARROW, now)

    assert claim(counter, NARROW, now) == Crowded()
    assert isinstance(claim(settle(counter, NARROW, now, right=True), NARROW, now), Counter)


def test_a_place_that_is_never_settled_counts_as_a_failure_until_its_window_ends(now: Instant) -> None:
    counter = failed(claimed(fresh(now, NARROW), NARROW, now), NARROW, now)

    assert claim(counter, NARROW, now) == Crowded()
    assert isinstance(claim(counter, NARROW, now + timedelta(seconds=60)), Counter)


def test_the_window_grows_with_each_block_and_shrinks_when_one_passes_unfilled(now: Instant) -> None:
    counter = failed(failed(fresh(now, NARROW), NARROW, now), NARROW, now)
    assert claim(counter, NARROW, now) == Blocked(60)

    second = now + timedelta(seconds=60)
    counter = failed(failed(counter, NARROW, second), NARROW, second)
    assert claim(counter, NARROW, second) == Blocked(120)

    third = second + timedelta(seconds=120)
    counter = failed(counter, NARROW, third)
    assert counter.window == timedelta(seconds=240)
    fourth = third + timedelta(seconds=240)
    assert claimed(counter, NARROW, fourth).window == NARROW.window


def test_a_hundred_failures_in_a_row_end_guessing_for_good(now: Instant) -> None:
    counter, at = fresh(now, PER_PERSON), now
    for _ in range(2):
        for _ in range(50):
            counter = failed(counter, PER_PERSON, at)
        at += timedelta(days=1)

    year = at + timedelta(days=365)
    assert counter.consecutive == 100
    assert isinstance(claim(counter, PER_PERSON, year), Blocked)
    assert isinstance(claim(replace(counter, consecutive=0), PER_PERSON, year), Counter)


def test_a_success_gives_its_place_back_and_breaks_the_row(now: Instant) -> None:
    counter = failed(failed(fresh(now, PER_PERSON), PER_PERSON, now), PER_PERSON, now)

    counter = settle(claimed(counter, PER_PERSON, now), PER_PERSON, now, right=True)

    assert (counter.failures, counter.pending, counter.consecutive) == (2, 0, 0)


def test_a_right_code_forgets_the_wrong_ones_before_it(now: Instant) -> None:
    counter = fresh(now, PER_CODE)
    for _ in range(9):
        counter = failed(counter, PER_CODE, now)

    counter = settle(claimed(counter, PER_CODE, now), PER_CODE, now, right=True)

    assert counter.failures == 0


def test_what_is_settled_after_its_window_takes_nothing_from_the_next(now: Instant) -> None:
    later = now + timedelta(seconds=60)
    late = claimed(fresh(now, PER_MINUTE), PER_MINUTE, now)
    counter = failed(late, PER_MINUTE, later)

    assert settle(counter, PER_MINUTE, later, right=True).failures == 1


@pytest.mark.anyio
async def test_workers_that_count_together_let_no_more_through(real_world: RealWorld, now: Instant) -> None:
    """Each worker has its own gathering; the rows are what they share."""
    workers = [Throttle(real_world.database, real_world.vault) for _ in range(4)]
    counters = (Counted(("ip-minute", "x", "y"), PER_MINUTE), Counted(("person", "x"), PER_PERSON))

    answers = await asyncio.gather(*(workers[n % 4].claim(counters, now) for n in range(40)))

    assert sum(isinstance(answer, Place) for answer in answers) == 5
    assert sum(isinstance(answer, Crowded) for answer in answers) == 35


@pytest.mark.anyio
async def test_a_refused_place_is_taken_in_no_counter(real_world: RealWorld, now: Instant) -> None:
    full, roomy = Counted(("a",), PER_MINUTE), Counted(("b",), PER_PERSON)
    for _ in range(5):
        place = await real_world.throttle.claim((full,), now)
        assert isinstance(place, Place)
        await real_world.throttle.settle(place, now, right=False)

    assert await real_world.throttle.claim((roomy, full), now) == Blocked(60)

    counts = await real_world.database.fetch("select failures from throttle order by failures")
    assert counts == [(0,), (5,)]
