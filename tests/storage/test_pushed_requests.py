"""Pushed requests: a minute until the first visit, then one browser's, and answered once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.protocol.authorization_parameters import parse
from gapura.protocol.authorization_request import AuthorizationPolicy, AuthorizationRequest
from gapura.protocol.redirect import ReplyTo
from gapura.storage.cache import Cache
from gapura.storage.pushed_requests import PushedRequests
from gapura.values import Secret
from tests.protocol.samples import CALLBACK, CHALLENGE, ISSUER, SCOPES, Form, client_of

pytestmark = pytest.mark.anyio

LIFETIME = 1800
MINE, THEIRS = "a" * 64, "b" * 64


@pytest.fixture
async def pushed(redis_url: str, root_keys: Secret) -> AsyncIterator[PushedRequests]:
    cache = Cache(redis_url, Vault(RootKeys.parse(root_keys.reveal())))
    yield PushedRequests(cache, LIFETIME)
    await cache.close()


def a_request() -> AuthorizationRequest:
    form = Form(
        {
            "response_type": "code",
            "scope": "openid",
            "login_hint": "3171011785900001",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
    )
    policy = AuthorizationPolicy(ISSUER, SCOPES)
    return parse(form, client_of(), ReplyTo(CALLBACK, state="st"), policy, in_url=False)


def left(redis_url: str) -> list[int]:
    """Seconds that each request still has, longest first."""
    with redis.Redis.from_url(redis_url) as raw:
        found = [int(raw.ttl(key)) for key in raw.keys("{pushed:*")]
        return sorted(found, reverse=True)


async def test_a_request_comes_back_as_it_was(pushed: PushedRequests) -> None:
    await pushed.put("one", a_request())
    assert await pushed.get("one") == a_request()
    assert await pushed.get("another") is None


async def test_the_first_visit_has_a_minute_and_the_way_on_its_own_time(
    pushed: PushedRequests, redis_url: str
) -> None:
    await pushed.put("one", a_request())
    assert 55 < left(redis_url)[0] <= 60
    assert await pushed.visit("one", MINE)
    assert left(redis_url)[0] > LIFETIME - 5


async def test_after_the_first_visit_it_is_that_browsers_alone(pushed: PushedRequests) -> None:
    await pushed.put("one", a_request())
    visits = await asyncio.gather(*(pushed.visit("one", browser) for browser in (MINE, THEIRS) * 20))
    first = MINE if visits[0] else THEIRS
    assert visits == [browser == first for browser in (MINE, THEIRS) * 20]
    assert await pushed.visit("one", first)


async def test_who_comes_too_late_comes_in_vain(pushed: PushedRequests, redis_url: str) -> None:
    await pushed.put("one", a_request())
    with redis.Redis.from_url(redis_url) as raw:
        for key in raw.keys("{pushed:*"):
            raw.delete(key)
    assert not await pushed.visit("one", MINE)


async def test_of_many_answers_one_spends_it(pushed: PushedRequests) -> None:
    await pushed.put("one", a_request())
    assert sum(await asyncio.gather(*(pushed.spend("one") for _ in range(50)))) == 1
    assert await pushed.get("one") is None


async def test_nothing_of_it_can_be_read_in_the_store(pushed: PushedRequests, redis_url: str) -> None:
    await pushed.put("one", a_request())
    await pushed.visit("one", MINE)
    with redis.Redis.from_url(redis_url) as raw:
        for key in raw.keys("*"):
            kept = key + raw.get(key)
            assert b"3171011785900001" not in kept
            assert MINE.encode() not in kept
            assert b"one" not in key
