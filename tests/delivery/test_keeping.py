from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY

from gapura.crypto.keyring import Vault
from gapura.delivery.cleanup import remove_expired, rules
from gapura.delivery.sequencer import Sequencer
from gapura.delivery.watch import Watch
from gapura.storage.chain import Chain, chain_once
from gapura.storage.database import Database
from gapura.storage.locks import alone
from gapura.storage.partitions import ensure_partitions
from gapura.storage.records import Records
from gapura.storage.retention import remove_days
from gapura.values import Instant
from tests.delivery.samples import CITIZEN, entry, use
from tests.delivery.test_chain import faults, tamper

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


async def days(database: Database, table: str) -> list[str]:
    rows = await database.fetch(
        "select relname from pg_inherits join pg_class on oid = inhrelid where inhparent = %s::regclass order by 1",
        [table],
    )
    return [name.removeprefix(f"{table}_") for (name,) in rows]


async def test_the_days_ahead_are_made_once_by_many_at_once(database: Database) -> None:
    today = date(2026, 2, 26)
    made = await asyncio.gather(*(ensure_partitions(database, today, days=3) for _ in range(4)))
    assert sum(made) == 8
    for table in ("audit", "data_use"):
        assert await days(database, table) == ["20260226", "20260227", "20260228", "20260301", "rest"]
    assert await ensure_partitions(database, today, days=3) == 0


async def test_a_row_lies_in_its_own_day_in_utc(database: Database, records: Records) -> None:
    await ensure_partitions(database, date(2026, 2, 27), days=1)
    last = datetime(2026, 2, 27, 23, 59, 59, 999_999, tzinfo=UTC)
    for at in (last, last + timedelta(microseconds=1)):
        await records.record_use(use(at))
    rows = await database.fetch("select tableoid::regclass::text from data_use order by at")
    assert rows == [("data_use_20260227",), ("data_use_20260228",)]


async def test_a_day_whose_rows_came_before_it_was_made_stays_readable(
    database: Database, records: Records, now: Instant
) -> None:
    await records.record_use(use(now))
    assert await ensure_partitions(database, now.date(), days=1) == 3
    await records.record_use(use(now))
    rows = await database.fetch("select tableoid::regclass::text from data_use")
    assert rows == [("data_use_rest",)] * 2


async def test_a_new_day_is_as_well_guarded_as_the_others(
    database: Database, records: Records, now: Instant
) -> None:
    await ensure_partitions(database, now.date())
    await records.record_use(use(now))
    for change in ("delete from data_use", "delete from data_use_20260314"):
        with pytest.raises(Exception, match="append only"):
            await database.execute(change)


async def test_days_beyond_their_time_go_and_the_rest_still_verifies(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    chain = Chain(vault, "data_use")
    await ensure_partitions(database, (now - 3 * DAY).date())
    for n in range(3, -1, -1):
        await records.record_use(use(now - n * DAY))
        await chain_once(database, vault, "data_use")
    assert await remove_days(database, chain, (now - DAY).date()) == 2
    assert await database.fetch("select seq from data_use order by seq") == [(3,), (4,)]
    assert await database.fetch("select day from data_use_day order by day") == [
        ((now - DAY).date(),),
        (now.date(),),
    ]
    assert await faults(database, vault, now, "data_use") == []
    assert await remove_days(database, chain, (now - DAY).date()) == 0


async def test_a_start_that_the_worker_did_not_set_shows(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    for n in range(4):
        await records.record_use(use(now + timedelta(seconds=n)))
        await chain_once(database, vault, "data_use")
    await tamper(
        database,
        "insert into chain_start select 'data_use', seq, hash, '\\x02' || sha256(hash) from data_use where seq = 2",
        "delete from data_use where seq <= 2",
    )
    assert await faults(database, vault, now, "data_use") == [("start", 2)]


async def test_a_day_with_an_unchained_row_is_kept(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    await ensure_partitions(database, (now - DAY).date())
    await records.record_use(use(now - DAY))
    assert await remove_days(database, Chain(vault, "data_use"), now.date()) == 0
    assert await database.fetch("select count(*) from data_use") == [(1,)]


async def test_the_sequencer_takes_all_that_waits_in_one_turn_and_old_rows_at_its_first(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    async with database.transaction() as tx:
        await records.write_audit(tx, *(entry(now) for _ in range(2_500)), entry(now - 40 * DAY))
        await records.write_use(tx, use(now))
    await Sequencer(database, vault)(now)
    for table, count in (("audit", 2_501), ("data_use", 1)):
        assert await database.fetch(f"select count(*), max(seq) from {table} where seq > 0") == [
            (count, count)
        ]
    assert await database.fetch("select * from data_use_day") == [(CITIZEN, now.date())]


async def test_a_row_that_nobody_chains_is_an_alarm(
    database: Database, records: Records, now: Instant, capsys: pytest.CaptureFixture[str]
) -> None:
    await records.record_use(use(now))
    await Watch(database)(now + timedelta(seconds=9))
    assert "chain_late" not in capsys.readouterr().out
    await Watch(database)(now + timedelta(seconds=11))
    assert "chain_late" in capsys.readouterr().out
    assert REGISTRY.get_sample_value("gapura_chain_waiting_seconds", {"table": "data_use"}) == 11


async def test_only_one_works_alone(database: Database) -> None:
    async with (
        alone(database, "clean") as first,
        alone(database, "clean") as second,
        alone(database, "x") as other,
    ):
        assert (first, second, other) == (True, False, True)
    async with alone(database, "clean") as again:
        assert again


async def test_what_has_expired_goes_and_what_is_alive_stays(database: Database, now: Instant) -> None:
    token = "insert into access_token values (%s, null, 'tax', '{}', '{}', %s, %s)"
    assertion = "insert into assertion_used values ('tax', %s, %s)"
    throttle = "insert into throttle (key, failures, consecutive, window_started_at, window_seconds, pending) values (%s, 1, %s, %s, 60, 0)"
    for age in (timedelta(minutes=30), timedelta(hours=2)):
        await database.execute(token, [uuid4(), now - age, now - age])
        await database.execute(assertion, [uuid4().bytes, now - age])
    for consecutive, age in ((1, 31 * DAY), (10, 31 * DAY), (1, DAY)):
        await database.execute(throttle, [uuid4().bytes, consecutive, now - age])
    gone = await remove_expired(database, now, rules(365 * DAY))
    assert {table: count for table, count in gone.items() if count} == {
        "access_token": 1,
        "assertion_used": 1,
        "throttle": 1,
    }


async def test_a_code_that_nobody_redeemed_leaves_nothing_and_a_grant_stays_until_its_end(
    database: Database, now: Instant
) -> None:
    statement = (
        "insert into grants (id, client_id, account_id, citizen_id, session_id, sub, scope, attributes, auth_time, acr, "
        "amr, redirect_uri, redirect_uri_sent, code_digest, code_expires_at, redeemed_at, created_at, expires_at, purpose_ids, legal_basis, grant_type) values "
        "(%(id)s, 'tax', %(id)s, %(id)s, %(id)s, 's', '{}', '{}', %(at)s, 'a', '{}', 'u', true, %(code)s, %(at)s, "
        "%(redeemed)s, %(at)s, %(ends)s, '{}', 'CONSENT', 'authorization_code')"
    )
    for number, (redeemed, ends) in enumerate(((None, DAY), (now, DAY), (now, -2 * DAY))):
        values = {"id": UUID(int=number), "at": now - 3 * DAY, "code": bytes([number]), "redeemed": redeemed}
        await database.execute(statement, {**values, "ends": now + ends})
    await remove_expired(database, now, rules(365 * DAY))
    assert await database.fetch("select id from grants") == [(UUID(int=1),)]


async def test_an_old_session_goes_with_its_clients(database: Database, now: Instant) -> None:
    await database.execute(
        "insert into account (id, kind, display_name, status, created_at, changed_at) values "
        "(%s, 'operator', 'o', 'active', %s, %s)",
        [UUID(int=1), now, now],
    )
    for number, ended in enumerate((400 * DAY, 10 * DAY)):
        await database.execute(
            "insert into session (id, account_id, auth_time, amr, acr, created_at, expires_at, ended_at) "
            "values (%s, %s, %s, '{}', 'x', %s, %s, %s)",
            [UUID(int=number), UUID(int=1), now, now, now, now - ended],
        )
        await database.execute(
            "insert into session_client values (%s, 'tax', 's', %s)", [UUID(int=number), now]
        )
    await remove_expired(database, now, rules(365 * DAY))
    assert await database.fetch("select id from session") == [(UUID(int=1),)]
    assert await database.fetch("select session_id from session_client") == [(UUID(int=1),)]
