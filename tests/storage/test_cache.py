"""What lives short in Redis: sealed, taken once, and gone without harm."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import redis

from gapura.crypto.keyring import RootKeyMissing, RootKeys, SealBroken, Vault
from gapura.errors import Unavailable
from gapura.storage.cache import Cache
from gapura.values import Secret
from tests.storage.proxy import Place, Proxy, proxy

Raw = Any  # redis-py's answers are typed for both its kinds of clients at once

pytestmark = pytest.mark.anyio


@pytest.fixture
def vault(root_keys: Secret) -> Vault:
    return Vault(RootKeys.parse(root_keys.reveal()))


@pytest.fixture
async def cache(redis_url: str, vault: Vault) -> AsyncIterator[Cache]:
    made = Cache(redis_url, vault)
    yield made
    await made.close()


@pytest.fixture
def raw(redis_url: str) -> Raw:
    return redis.Redis.from_url(redis_url)


@pytest.fixture
async def cache_proxy(redis_url: str, sockets: Path) -> AsyncIterator[Proxy]:
    parts = urlsplit(redis_url)
    server: Place = unquote(parts.path)
    if parts.scheme != "unix":
        server = (parts.hostname or "localhost", parts.port or 6379)
    async with proxy(server, sockets / "redis.sock") as between:
        yield between


async def test_what_was_put_is_got_until_it_is_deleted(cache: Cache) -> None:
    assert await cache.get("session", "cookie") is None
    await cache.put("session", "cookie", b"budi", 60)
    assert await cache.get("session", "cookie") == b"budi"
    assert await cache.get("interaction", "cookie") is None
    assert await cache.delete("session", "cookie")
    assert not await cache.delete("session", "cookie")
    assert await cache.get("session", "cookie") is None


async def test_neither_the_id_nor_the_value_reaches_the_store_in_clear(cache: Cache, raw: Raw) -> None:
    await cache.put("session", "cookie-value", b"Budi Santoso", 60)
    [key] = raw.keys("*")
    assert key.startswith(b"{session:")
    assert key.endswith(b"}")
    assert b"cookie-value" not in key
    assert b"Budi" not in raw.get(key)


async def test_values_swapped_in_the_store_do_not_open(cache: Cache, raw: Raw) -> None:
    await cache.put("session", "one", b"of one", 60)
    [one] = raw.keys("*")
    await cache.put("session", "other", b"of another", 60)
    [other] = set(raw.keys("*")) - {one}
    raw.rename(other, one)
    with pytest.raises(SealBroken):
        await cache.get("session", "one")


async def test_a_value_under_a_root_key_that_is_not_here_is_not_mistaken_for_none(
    cache: Cache, redis_url: str
) -> None:
    await cache.put("session", "one", b"of one", 60)
    elsewhere = Cache(redis_url, Vault(RootKeys(1, {1: bytes([1]) * 32})))
    with pytest.raises(RootKeyMissing, match="version 2"):
        await elsewhere.get("session", "one")
    await elsewhere.close()


async def test_a_value_under_a_retired_root_key_is_none(cache: Cache, redis_url: str) -> None:
    await cache.put("session", "one", b"of one", 60)
    later = Cache(redis_url, Vault(RootKeys(3, {3: bytes([3]) * 32})))
    assert await later.get("session", "one") is None
    await later.close()


async def test_of_fifty_who_take_one_gets_it(cache: Cache, redis_url: str, vault: Vault) -> None:
    others = [Cache(redis_url, vault) for _ in range(4)]
    for _ in range(5):
        await cache.put("par", "uri", b"request", 60)
        taken = await asyncio.gather(*(others[n % 4].take("par", "uri") for n in range(50)))
        assert sorted(taken, key=bool)[-2:] == [None, b"request"]
    for other in others:
        await other.close()


async def test_of_fifty_who_add_one_adds(cache: Cache) -> None:
    added = await asyncio.gather(*(cache.add("jti", b"\x00\xff", b"", 60) for _ in range(50)))
    assert sum(added) == 1
    assert await cache.get("jti", b"\x00\xff") == b""


async def test_a_touch_gives_the_value_and_begins_its_time_anew(cache: Cache, raw: Raw) -> None:
    await cache.put("session", "cookie", b"budi", 10)
    assert await cache.touch("session", "cookie", 900) == b"budi"
    assert raw.ttl(raw.keys("*")[0]) > 800
    assert await cache.touch("session", "unknown", 900) is None


async def test_a_count_has_one_window_and_an_end(cache: Cache, raw: Raw) -> None:
    assert sorted(await asyncio.gather(*(cache.count("ip", "::1", 60) for _ in range(20)))) == list(
        range(1, 21)
    )
    [key] = raw.keys("*")
    assert 0 < raw.ttl(key) <= 60
    raw.expire(key, 5)
    await cache.count("ip", "::1", 60)
    assert raw.ttl(key) <= 5
    raw.persist(key)
    await cache.count("ip", "::1", 60)
    assert raw.ttl(key) > 0


async def test_what_one_tick_asks_is_one_pipeline_and_each_gets_its_own(cache: Cache, raw: Raw) -> None:
    await asyncio.gather(*(cache.put("n", str(n), str(n).encode(), 60) for n in range(100)))
    answers = await asyncio.gather(*(cache.get("n", str(n)) for n in range(100)))
    assert answers == [str(n).encode() for n in range(100)]
    assert raw.dbsize() == 100


async def test_a_command_that_fails_in_a_pipeline_fails_alone(cache: Cache, raw: Raw) -> None:
    await cache.put("n", "good", b"good", 60)
    await cache.count("n", "bad", 60)
    [key] = [key for key in raw.keys("*") if raw.strlen(key) == 1]
    raw.delete(key)
    raw.lpush(key, "not a string")
    answers = await asyncio.gather(cache.get("n", "bad"), cache.get("n", "good"), return_exceptions=True)
    assert isinstance(answers[0], Unavailable)
    assert answers[1] == b"good"


async def test_without_a_server_every_call_is_unavailable_soon(sockets: Path, vault: Vault) -> None:
    cache = Cache(f"unix://{sockets}/nobody.sock", vault)
    started = time.monotonic()
    for call in (cache.get("a", "b"), cache.put("a", "b", b"", 1), cache.take("a", "b"), cache.ping()):
        with pytest.raises(Unavailable) as caught:
            await call
        assert caught.value.code == "cache"
    assert time.monotonic() - started < 1
    await cache.close()


async def test_a_server_that_hangs_holds_nobody_beyond_the_deadline(
    sockets: Path, vault: Vault, cache_proxy: Proxy
) -> None:
    cache = Cache(f"unix://{sockets}/redis.sock", vault)
    await cache.put("session", "cookie", b"budi", 60)
    cache_proxy.hang()
    started = time.monotonic()
    answers = await asyncio.gather(
        *(cache.get("session", "cookie") for _ in range(50)), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {Unavailable}
    assert time.monotonic() - started < 1.5
    cache_proxy.flow()
    assert await cache.get("session", "unknown") is None  # not the answer that came too late
    assert await cache.get("session", "cookie") == b"budi"
    await cache.close()


async def test_a_restarted_server_is_served_from_without_one_failure(cache: Cache, raw: Raw) -> None:
    await cache.put("session", "cookie", b"budi", 60)
    await asyncio.gather(*(cache.get("session", "cookie") for _ in range(10)))
    raw.client_kill_filter(_type="normal", skipme=True)
    await asyncio.sleep(0.05)
    assert await cache.get("session", "cookie") == b"budi"
