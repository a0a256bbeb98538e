from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from gapura.crypto.keyring import Vault
from gapura.flow.records import AuditFilter, Note, Use, UseFilter
from gapura.storage.audit import AuditLog
from gapura.storage.chain import chain_once
from gapura.storage.data_use import UseLog
from gapura.storage.database import Database
from gapura.storage.partitions import ensure_partitions
from gapura.storage.records import Records
from gapura.values import AgencyId, CitizenId, GrantId, Instant
from tests.delivery.samples import CITIZEN, entry, use

pytestmark = pytest.mark.anyio

NOTE = Note(reason="surat 12/2026", ip="203.0.113.7", user_agent="Peramban")
YEARS = timedelta(days=5 * 365)


async def test_an_audit_entry_lives_and_dies_with_its_transaction(
    database: Database, records: Records, now: Instant
) -> None:
    async def fail_after_writing() -> None:
        async with database.transaction() as tx:
            await records.write_audit(tx, entry(now))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_writing()
    assert await database.fetch("select id from audit") == []

    async with database.transaction() as tx:
        await records.write_audit(tx, entry(now), entry(now, action="client.enable"))
    assert await database.fetch("select count(*) from audit") == [(2,)]


async def test_an_entry_comes_back_as_it_was_written(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    written = entry(now, note=NOTE, detail={"n": 3, "on": True, "none": None, "fields": ["a", "b"]})
    async with database.transaction() as tx:
        await records.write_audit(tx, written)
    [line] = (await AuditLog(database, vault).page(AuditFilter(), now)).lines
    assert line.entry == written
    assert line.entry.note == NOTE
    assert line.seq is None


async def test_reason_and_origin_lie_sealed(database: Database, records: Records, now: Instant) -> None:
    await records.record_use(use(now, note=NOTE))
    [(row,)] = await database.fetch("select data_use::text from data_use")
    for value in (NOTE.reason, NOTE.ip, NOTE.user_agent):
        assert value not in row
        assert value.encode().hex() not in row
    assert NOTE.reason not in repr(use(now, note=NOTE))


async def test_uses_recorded_at_once_are_all_committed_when_they_return(
    database: Database, records: Records, now: Instant
) -> None:
    await asyncio.gather(*(records.record_use(use(now)) for _ in range(200)))
    assert await database.fetch("select count(*) from data_use") == [(200,)]


async def test_a_use_that_cannot_be_written_is_an_error_of_its_own_release_alone(
    database: Database, records: Records, now: Instant
) -> None:
    good, bad = use(now), use(now, action="gossip")
    answers = await asyncio.gather(*map(records.record_use, (good, bad)), return_exceptions=True)
    assert answers[0] is None
    assert isinstance(answers[1], psycopg.errors.CheckViolation)
    assert await database.fetch("select id from data_use") == [(good.id,)]


@pytest.mark.parametrize("table", ["audit", "data_use"])
@pytest.mark.parametrize(
    "change",
    [
        "delete from {}",
        "update {} set action = action || ''",
        "update {} set seq = 1, hash = '', action = 'export'",
    ],
)
async def test_a_record_cannot_be_changed_or_deleted(
    database: Database, records: Records, now: Instant, table: str, change: str
) -> None:
    async with database.transaction() as tx:
        await records.write_audit(tx, entry(now))
        await records.write_use(tx, use(now))
    with pytest.raises(psycopg.errors.RaiseException, match="append only"):
        await database.execute(change.format(table))


async def test_repeats_of_one_grant_within_the_hour_are_one_line(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    other = GrantId(UUID(int=9))
    hour = now.replace(minute=0, second=0, microsecond=0)
    for minutes, grant in ((5, None), (10, other), (20, None), (30, other), (59, None), (60, None)):
        given = {"grant_id": other} if grant else {}
        await records.record_use(use(hour + timedelta(minutes=minutes), **given))
    await records.record_use(use(hour + timedelta(minutes=40), attributes=("email",)))
    page = await UseLog(database, vault, YEARS).page(UseFilter(CITIZEN), hour + timedelta(hours=2))
    told = [(use.at.minute, use.first_at.minute, use.count, use.grant_id == other) for use in page.uses]
    assert told == [(0, 0, 1, False), (59, 5, 3, False), (40, 40, 1, False), (30, 10, 2, True)]


async def test_looks_without_a_grant_are_never_folded(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    for _ in range(3):
        await records.record_use(use(now, grant_id=None, action="operator_view"))
    page = await UseLog(database, vault, YEARS).page(UseFilter(CITIZEN), now)
    assert [use.count for use in page.uses] == [1, 1, 1]


async def test_pages_show_every_line_once_while_new_ones_come_in(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    grants = [GrantId(UUID(int=100 + n)) for n in range(7)]
    written = [use(now - timedelta(minutes=11 * n), grant_id=grants[n % 7]) for n in range(200)]
    written += [use(now - timedelta(days=300 * n), grant_id=None) for n in range(1, 6)]
    await asyncio.gather(*map(records.record_use, written))
    await chain_once(database, vault, "data_use")
    log, cursor = UseLog(database, vault, YEARS), None
    seen: list[Use] = []
    for turn in range(100):
        page = await log.page(UseFilter(CITIZEN), now, size=9, cursor=cursor)
        seen += page.uses
        cursor = page.older
        await records.record_use(use(now + timedelta(seconds=turn + 1), grant_id=grants[0]))
        await chain_once(database, vault, "data_use")
        if cursor is None:
            break
    assert sum(line.count for line in seen) == len(written)
    assert len({line.id for line in seen}) == len(seen)
    assert [line.at for line in seen] == sorted((line.at for line in seen), reverse=True)


async def test_filters_narrow_the_log(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    day = timedelta(days=1)
    await records.record_use(use(now - 3 * day))
    await records.record_use(use(now - 2 * day, agency_id=AgencyId("health"), grant_id=None))
    await records.record_use(use(now - day, hidden_until=now + day))
    await records.record_use(use(now - day, citizen_id=CitizenId(UUID(int=77))))
    log = UseLog(database, vault, YEARS)

    async def agencies(**which: object) -> list[str]:
        page = await log.page(UseFilter(CITIZEN, **which), now)  # type: ignore[arg-type]
        return [line.agency_id for line in page.uses]

    assert await agencies() == ["health", "tax"]
    assert await agencies(agency_id=AgencyId("tax")) == ["tax"]
    assert await agencies(since=now - 2 * day) == ["health"]
    assert await agencies(until=now - 2 * day) == ["tax"]
    shown_later = await log.page(UseFilter(CITIZEN), now + 2 * day)
    assert len(shown_later.uses) == 3


async def test_the_audit_is_filtered_and_paged(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    minute = timedelta(minutes=1)
    async with database.transaction() as tx:
        await records.write_audit(
            tx, *(entry(now - n * minute, actor=f"operator:{n % 2}") for n in range(50))
        )
        await records.write_audit(
            tx, entry(now - timedelta(days=400), object="client:old", actor="operator:0")
        )
    log = AuditLog(database, vault)
    first = await log.page(AuditFilter(actor="operator:0"), now, size=20)
    rest = await log.page(AuditFilter(actor="operator:0"), now, size=20, cursor=first.older)
    assert (len(first.lines), len(rest.lines), rest.older) == (20, 6, None)
    assert rest.lines[-1].entry.object == "client:old"
    assert not (await log.page(AuditFilter(since=now - minute, until=now - minute), now)).lines
    assert len((await log.page(AuditFilter(object="client:old", action="client.disable"), now)).lines) == 1


@pytest.mark.long
async def test_a_page_stays_quick_with_a_hundred_thousand_rows(
    database: Database, records: Records, vault: Vault, now: Instant
) -> None:
    await ensure_partitions(database, (now - timedelta(days=200)).date(), days=200)
    for start in range(0, 100_000, 5_000):
        async with database.transaction(60) as tx:
            spread = (now - timedelta(days=200) * (n / 100_000) for n in range(start, start + 5_000))
            await records.write_use(
                tx, *(use(at, grant_id=GrantId(UUID(int=n % 50))) for n, at in enumerate(spread))
            )
    while await chain_once(database, vault, "data_use"):
        pass
    log, cursor = UseLog(database, vault, YEARS), None
    for _ in range(20):
        began = time.monotonic()
        page = await log.page(UseFilter(CITIZEN), now, cursor=cursor)
        assert time.monotonic() - began < 0.3
        assert len(page.uses) == 50
        cursor = page.older
