"""The stores that every other test builds on."""

from __future__ import annotations

import psycopg
import redis

from gapura.settings import Settings


def test_each_test_has_a_migrated_database_of_its_own(settings: Settings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        assert connection.execute("select count(*) from agency").fetchone() == (0,)
        connection.execute("insert into agency values ('a', 'Instansi', 'Agency', now())")


def test_a_database_shows_nothing_of_another_tests_rows(settings: Settings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        assert connection.execute("select count(*) from agency").fetchone() == (0,)


def test_valkey_is_empty_at_first_and_real(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.dbsize() == 0
        connection.set("a", "b", ex=10)


def test_valkey_is_empty_again_for_the_next_test(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.dbsize() == 0
        assert connection.info("server")["valkey_version"].startswith("9.")
