"""Password hashing: bounded, off the loop, and the same for people who don't exist."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from gapura.crypto.passwords import Passwords, Verdict
from gapura.errors import Unavailable
from gapura.values import Secret

pytestmark = pytest.mark.anyio


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(memory_kib=1024, time_cost=1, parallelism=1, threads=2, queue=2)
    yield made
    made.close()


async def test_the_right_password_verifies_and_another_does_not(passwords: Passwords) -> None:
    hashed = await passwords.hash(Secret("Gerbang-Terbuka-1945"))
    assert hashed.startswith("$argon2id$")
    assert await passwords.verify(hashed, Secret("Gerbang-Terbuka-1945")) == Verdict(ok=True)
    assert await passwords.verify(hashed, Secret("gerbang-terbuka-1945")) == Verdict(ok=False)


async def test_one_password_is_the_same_however_the_keyboard_composes_it(passwords: Passwords) -> None:
    hashed = await passwords.hash(Secret("pĕrisai ①".replace("ĕ", "ĕ")))
    assert (await passwords.verify(hashed, Secret("pĕrisai 1"))).ok


async def test_a_hash_with_yesterdays_parameters_asks_for_a_new_one(passwords: Passwords) -> None:
    stronger = Passwords(memory_kib=2048, time_cost=1, parallelism=1, threads=1, queue=1)
    hashed = await passwords.hash(Secret("rahasia sekali"))
    assert await stronger.verify(hashed, Secret("rahasia sekali")) == Verdict(ok=True, rehash=True)
    assert await stronger.verify(hashed, Secret("salah")) == Verdict(ok=False)
    stronger.close()


@pytest.mark.parametrize("broken", ["", "not a hash", "$argon2id$v=19$m=1024", "$argon2id$€"])
async def test_a_broken_hash_fits_no_password(broken: str, passwords: Passwords) -> None:
    assert await passwords.verify(broken, Secret("")) == Verdict(ok=False)


async def test_the_dummy_fits_no_password_and_costs_what_a_real_one_costs(passwords: Passwords) -> None:
    assert await passwords.verify(passwords.dummy, Secret("x")) == Verdict(ok=False)
    real = await passwords.hash(Secret("a"))
    assert passwords.dummy.split("$")[:4] == real.split("$")[:4]


async def test_above_its_bound_the_pool_refuses_and_recovers() -> None:
    passwords = Passwords(memory_kib=8192, time_cost=2, parallelism=1, threads=1, queue=3)
    answers = await asyncio.gather(*(passwords.hash(Secret("a")) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(answer, str) for answer in answers) == 4
    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert len(refused) == 6
    assert refused[0].status == 503
    assert refused[0].retry_after > 0
    assert (await passwords.verify(await passwords.hash(Secret("a")), Secret("a"))).ok
    passwords.close()


async def test_who_goes_away_keeps_a_place_until_the_hash_ends() -> None:
    passwords = Passwords(memory_kib=16384, time_cost=3, parallelism=1, threads=1, queue=0)
    task = asyncio.create_task(passwords.hash(Secret("a")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(Unavailable):
        await passwords.hash(Secret("b"))
    async with asyncio.timeout(5):
        while passwords._under_way:  # noqa: ASYNC110 -- what a thread does
            await asyncio.sleep(0.01)
    assert await passwords.hash(Secret("b"))
    passwords.close()


async def test_the_loop_goes_on_while_passwords_are_hashed() -> None:
    passwords = Passwords(memory_kib=19456, time_cost=3, parallelism=1, threads=1, queue=8)
    hashing = [asyncio.create_task(passwords.hash(Secret("a"))) for _ in range(4)]
    longest, last = 0.0, time.perf_counter()
    while not all(task.done() for task in hashing):
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    assert longest < 0.05
    passwords.close()
