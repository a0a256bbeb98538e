"""Who gets in and who doesn't, on the fakes and on the real stores alike."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from gapura.flow.sign_in import Failed, Limited, NeedsSecondFactor, SignedIn
from gapura.identity.factors.totp import code_of, step_at
from gapura.identity.session import Browser
from gapura.values import Instant, Secret
from tests.people.worlds import NIK, OTHER_NIK, PASSWORD, TOTP, Neighbour, World

pytestmark = pytest.mark.anyio

HERE, ELSEWHERE = Browser("198.51.100.7"), Browser("203.0.113.9")
WRONG = Secret("Gerbang-Tertutup-1945")
FAILED = Failed("sign_in_failed")


def code_at(now: Instant, steps: int = 0) -> str:
    return code_of(TOTP, step_at(now) + steps)


@pytest.mark.parametrize(
    "typed",
    [NIK, "3171 0117 8590 0001", " 3171.0117.8590.0001 ", "budi@contoh.id", "Budi@Contoh.ID", "081234567890",
     "+62 812-3456-7890", "62 812 3456 7890"],
)  # fmt: skip
async def test_a_person_is_found_by_whatever_they_type_of_themselves(
    world: World, now: Instant, typed: str
) -> None:
    account_id = await world.add(Neighbour(contacts={"email": "budi@contoh.id", "phone": "+6281234567890"}))

    outcome = await world.proofs.check_password(typed, PASSWORD, HERE, now)

    assert isinstance(outcome, SignedIn)
    assert (outcome.person.account_id, outcome.amr) == (account_id, ("pwd",))


async def test_who_has_a_second_factor_is_always_asked_for_it(world: World, now: Instant) -> None:
    account_id = await world.add(Neighbour(totp=TOTP))

    first = await world.proofs.check_password(NIK, PASSWORD, HERE, now)
    assert isinstance(first, NeedsSecondFactor)
    assert first.person.factors == {"totp"}
    second = await world.proofs.check_totp(account_id, first.amr, code_at(now), HERE, now)

    assert isinstance(second, SignedIn)
    assert second.amr == ("pwd", "otp", "mfa")


@pytest.mark.parametrize(
    "neighbour",
    [
        Neighbour(account_status="suspended"),
        Neighbour(account_status="closed"),
        Neighbour(citizen_status="DECEASED"),
        Neighbour(citizen_status="DUPLICATE"),
        Neighbour(citizen_status="REVOKED"),
        Neighbour(password=None),
        Neighbour(nik=OTHER_NIK),
    ],
    ids=["suspended", "closed", "deceased", "duplicate", "revoked", "no password", "unknown"],
)
async def test_whoever_may_not_looks_like_a_wrong_password(
    world: World, now: Instant, neighbour: Neighbour
) -> None:
    await world.add(neighbour)

    assert await world.proofs.check_password(NIK, PASSWORD, HERE, now) == FAILED


async def test_who_moved_abroad_still_signs_in(world: World, now: Instant) -> None:
    await world.add(Neighbour(citizen_status="MOVED_ABROAD"))

    assert isinstance(await world.proofs.check_password(NIK, PASSWORD, HERE, now), SignedIn)


@pytest.mark.parametrize("secret", [WRONG, Secret(""), Secret("x" * 5_000)], ids=["wrong", "empty", "long"])
async def test_a_wrong_password_fails(world: World, now: Instant, secret: Secret) -> None:
    await world.add(Neighbour())

    assert await world.proofs.check_password(NIK, secret, HERE, now) == FAILED


@pytest.mark.parametrize("typed", [NIK, OTHER_NIK, "nobody@contoh.id", "what is this"])
async def test_five_failures_in_a_minute_stop_the_sixth_guess_for_known_and_unknown_alike(
    world: World, now: Instant, typed: str
) -> None:
    await world.add(Neighbour())

    outcomes = [await world.proofs.check_password(typed, WRONG, HERE, now) for _ in range(6)]

    assert outcomes == [FAILED] * 5 + [Limited(60)]
    assert await world.proofs.check_password(typed, WRONG, ELSEWHERE, now) == FAILED
    later = now + timedelta(seconds=61)
    assert await world.proofs.check_password(typed, WRONG, HERE, later) == FAILED


async def test_failures_count_for_the_person_whichever_identifier_is_typed(
    world: World, now: Instant
) -> None:
    await world.add(Neighbour(contacts={"email": "budi@contoh.id"}))

    for typed in (NIK, "budi@contoh.id", NIK, "BUDI@contoh.id", NIK):
        assert await world.proofs.check_password(typed, WRONG, HERE, now) == FAILED

    assert isinstance(await world.proofs.check_password("budi@contoh.id", PASSWORD, HERE, now), Limited)


async def test_successes_count_for_nothing(world: World, now: Instant) -> None:
    await world.add(Neighbour())

    outcomes = [await world.proofs.check_password(NIK, PASSWORD, HERE, now) for _ in range(12)]

    assert all(isinstance(outcome, SignedIn) for outcome in outcomes)


async def test_fifty_failures_lock_the_person_but_not_a_browser_they_know(world: World, now: Instant) -> None:
    account_id = await world.add(Neighbour())
    device = Secret("a-device")
    await world.know(account_id, device)
    for number in range(50):
        attacker = Browser(f"198.51.100.{number}")
        assert await world.proofs.check_password(NIK, WRONG, attacker, now) == FAILED

    locked = await world.proofs.check_password(NIK, PASSWORD, ELSEWHERE, now)
    at_home = await world.proofs.check_password(NIK, PASSWORD, Browser("203.0.113.9", device=device), now)

    assert locked == Limited(12 * 3600)
    assert isinstance(at_home, SignedIn)


async def test_fifty_guesses_at_once_are_no_more_than_five(world: World, now: Instant) -> None:
    await world.add(Neighbour())

    outcomes = await asyncio.gather(*(world.proofs.check_password(NIK, WRONG, HERE, now) for _ in range(50)))

    assert Counter(type(outcome) for outcome in outcomes) == {Failed: 5, Limited: 45}


async def test_many_right_sign_ins_at_once_all_succeed(world: World, now: Instant) -> None:
    await world.add(Neighbour())

    outcomes = await asyncio.gather(
        *(world.proofs.check_password(NIK, PASSWORD, HERE, now) for _ in range(20))
    )

    assert Counter(type(outcome) for outcome in outcomes) == {SignedIn: 20}


async def test_one_code_used_twenty_times_at_once_signs_in_once(world: World, now: Instant) -> None:
    account_id = await world.add(Neighbour(totp=TOTP))

    outcomes = await asyncio.gather(
        *(world.proofs.check_totp(account_id, ("pwd",), code_at(now), HERE, now) for _ in range(20))
    )

    assert sum(isinstance(outcome, SignedIn) for outcome in outcomes) == 1


async def test_a_code_is_refused_the_second_time_and_an_older_one_after_it(
    world: World, now: Instant
) -> None:
    account_id = await world.add(Neighbour(totp=TOTP))
    await world.proofs.check_totp(account_id, ("pwd",), code_at(now), HERE, now)

    again = await world.proofs.check_totp(account_id, ("pwd",), code_at(now), HERE, now)
    older = await world.proofs.check_totp(account_id, ("pwd",), code_at(now, -1), HERE, now)

    assert (again, older) == (Failed("otp_used"), Failed("otp_used"))


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_code_is_good_one_step_before_and_after_its_own(
    world: World,
    now: Instant,
    steps: int,
    accepted: bool,
) -> None:
    account_id = await world.add(Neighbour(totp=TOTP))

    outcome = await world.proofs.check_totp(account_id, ("pwd",), code_at(now, steps), HERE, now)

    assert isinstance(outcome, SignedIn) is accepted


async def test_ten_wrong_codes_stop_codes_for_ten_minutes(world: World, now: Instant) -> None:
    account_id = await world.add(Neighbour(totp=TOTP))
    for _ in range(10):
        wrong = await world.proofs.check_totp(account_id, ("pwd",), "000000", HERE, now)
        assert wrong == Failed("otp_wrong")

    locked = await world.proofs.check_totp(account_id, ("pwd",), code_at(now), ELSEWHERE, now)
    later = now + timedelta(minutes=10, seconds=1)
    after = await world.proofs.check_totp(account_id, ("pwd",), code_at(later), HERE, later)

    assert locked == Limited(600)
    assert isinstance(after, SignedIn)


async def test_who_was_suspended_between_password_and_code_does_not_get_in(
    world: World, now: Instant
) -> None:
    account_id = await world.add(Neighbour(totp=TOTP, account_status="suspended"))

    assert await world.proofs.check_totp(account_id, ("pwd",), code_at(now), HERE, now) == FAILED


async def test_an_operator_signs_in_by_name(world: World, now: Instant) -> None:
    await world.add(Neighbour(nik=None, contacts={"operator": "tini"}, roles=frozenset({"administrator"})))

    outcome = await world.proofs.check_password("Tini", PASSWORD, HERE, now)

    assert isinstance(outcome, SignedIn)
    assert outcome.person.is_operator
    assert outcome.person.roles == {"administrator"}


async def test_an_address_with_too_many_failures_waits_for_the_next_minute(
    world: World, now: Instant
) -> None:
    await world.add(Neighbour())
    for _ in range(300):
        await world.proofs.addresses.failed(HERE.ip, now)

    assert await world.proofs.check_password(NIK, PASSWORD, HERE, now) == Limited(60)
    assert isinstance(await world.proofs.check_password(NIK, PASSWORD, ELSEWHERE, now), SignedIn)
