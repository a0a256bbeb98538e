"""When an older root key may go, and what stands against it until then."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from gapura.cli import command_line
from gapura.errors import StartRefused
from gapura.flow.order import Order
from gapura.flow.records import AuditEntry, AuditFilter, Note
from gapura.storage.audit import AuditLog
from gapura.storage.chain import Chain, chain_once
from gapura.storage.chain_check import Verification
from gapura.storage.database import Database
from gapura.storage.key_needs import Lifetimes, Need
from gapura.storage.new_accounts import NewAccount, add_account
from gapura.storage.records import Records
from gapura.storage.root_key_changes import reindex, retire
from gapura.storage.root_keys import confirm_root_keys
from gapura.values import Instant
from tests.rekey.towns import BOTH, NOW, ONE, TWO, Town, text_of, vault_of

pytestmark = pytest.mark.anyio

ORDER = Order.of_system("test", NOW)
LIFETIMES = Lifetimes(uses=timedelta(days=1_825), cache=timedelta(hours=12))
LATER = NOW + timedelta(hours=13)


async def rotated(database: Database) -> None:
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    await reindex(database, vault_of(BOTH), ORDER, lambda: NOW, lambda _: None)


async def retired(
    database: Database, version: int = 1, at: Instant = LATER, *, give_up: bool = False
) -> Sequence[Need]:
    order = Order.of_system("test", at)
    return await retire(database, vault_of(BOTH), version, LIFETIMES, order, give_up=give_up)


async def test_a_key_that_nothing_needs_is_retired_and_everything_goes_on_without_it(
    town: Town, database: Database
) -> None:
    await town.settle()
    await database.execute("truncate audit")
    await rotated(database)
    assert await retired(database) == []
    await confirm_root_keys(database, vault_of(TWO), LATER)
    await town.is_as_it_was(TWO)
    assert town.bring(TWO, town.citizens).counts.unchanged == len(town.citizens)
    [(detail,)] = await database.fetch("select detail from audit where action = 'root_key.retire'")
    assert detail == {"records_given_up": False}
    with pytest.raises(StartRefused, match="retired already"):
        await retired(database)


async def test_a_retired_key_may_be_given_but_is_not_the_current_one_again(database: Database) -> None:
    await rotated(database)
    assert await retired(database) == []
    await confirm_root_keys(database, vault_of(BOTH), LATER)
    with pytest.raises(StartRefused, match="root key 1 is retired"):
        await confirm_root_keys(database, vault_of(ONE), LATER)


async def test_what_still_needs_a_key_is_named_with_its_end(town: Town, database: Database) -> None:
    await town.settle()
    await add_grant(database)
    vault = vault_of(ONE)
    async with database.transaction() as tx:
        await Records(database, vault).write_audit(tx, noted())
    await database.execute(
        "insert into data_use (id, at, citizen_id, agency_id, client_id, purpose_ids, legal_basis, action, attributes, "
        "sealed) values (%s, %s, %s, '', '', '{}', '', 'userinfo', '{}', '\\x01')",
        [uuid4(), NOW, town.ids[0]],
    )
    await chain_once(database, vault, "audit")
    await rotated(database)
    found = await retired(database, at=NOW)
    assert [(need.what, need.count, need.until) for need in found] == [
        ("audit", 2, None),
        ("audit", 19, None),
        ("data_use", 1, NOW + timedelta(days=1_826)),
        ("cache", None, NOW + timedelta(hours=12)),
        ("grants", 1, NOW + timedelta(days=30)),
    ]
    assert all(need.why for need in found)
    assert [need.what for need in await retired(database, give_up=True)] == ["grants"]
    assert await retired(database, at=NOW + timedelta(days=31), give_up=True) == []


async def test_records_that_were_given_up_say_so_and_stay_readable_with_the_key(database: Database) -> None:
    await confirm_root_keys(database, vault_of(ONE), NOW)
    async with database.transaction() as tx:
        await Records(database, vault_of(ONE)).write_audit(tx, noted())
    await chain_once(database, vault_of(ONE), "audit")
    await rotated(database)
    assert await retired(database, give_up=True) == []
    await chain_once(database, vault_of(TWO), "audit")
    for keys, reason in ((TWO, "[root key 1]"), (BOTH, "a court order")):
        page = await AuditLog(database, vault_of(keys)).page(AuditFilter(action="test"), LATER)
        assert [line.entry.note.reason for line in page.lines] == [reason]
    assert {
        fault async for fault in Verification(database, Chain(vault_of(BOTH), "audit"), {}).faults(NOW)
    } == set()
    faults = [fault async for fault in Verification(database, Chain(vault_of(TWO), "audit"), {}).faults(NOW)]
    assert [fault.kind for fault in faults] == ["key"]


@pytest.mark.parametrize(("version", "match"), [(2, "is the current one"), (7, "knows no root key 7")])
async def test_what_is_no_older_key_can_not_be_retired(database: Database, version: int, match: str) -> None:
    await rotated(database)
    with pytest.raises(StartRefused, match=match):
        await retired(database, version)


async def test_a_key_that_was_not_moved_off_can_not_be_retired(database: Database) -> None:
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    with pytest.raises(StartRefused, match="may still be in use"):
        await retired(database)


async def test_a_late_row_of_the_old_key_is_counted_and_sets_its_date_anew(database: Database) -> None:
    await rotated(database)
    operator = NewAccount(None, {"operator": "tini"}, display_name="Tini")
    behind = vault_of(ONE)  # of a process that was not restarted
    async with database.transaction() as tx:
        await add_account(tx, behind, Records(database, behind), operator, ORDER)
    assert {need.kind for need in await retired(database)} == {"moves"}
    later = Order.of_system("test", LATER)
    await reindex(database, vault_of(BOTH), later, lambda: LATER, lambda _: None)
    assert [need.what for need in await retired(database)] == ["cache"]


async def test_the_start_of_a_chain_moves_while_its_seal_is_right(database: Database) -> None:
    vault = vault_of(ONE)
    for table, seal in (
        ("audit", Chain(vault, "audit").start_seal(1, 5, b"hash")),
        ("data_use", b"\x01forged"),
    ):
        await database.execute("insert into chain_start values (%s, 5, 'hash', %s)", [table, seal])
    await rotated(database)
    assert await database.fetch("select name, seal from chain_start order by name") == [
        ("audit", Chain(vault_of(TWO), "audit").start_seal(2, 5, b"hash")), ("data_use", b"\x01forged")
    ]  # fmt: skip


async def test_the_command_tells_numbers_and_nobody(
    town: Town, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.settle()
    await confirm_root_keys(database, vault_of(BOTH), NOW)
    monkeypatch.setenv("DATABASE_URL", town.url)
    monkeypatch.setenv("GAPURA_ROOT_KEYS", text_of(BOTH).reveal())
    said = await told("status")
    assert "root key 2  known since 2026-11-24  current" in said
    assert "not moved off yet" in said
    assert "citizen_index              61" in said
    assert town.citizens[0].nik not in said
    assert "citizen_key                60 moved" in await told("reindex")
    assert "audit" in await told("retire", "1")
    assert "not moved off yet" not in await told("status")


async def told(*words: str) -> str:
    invoked = await asyncio.to_thread(CliRunner().invoke, command_line("keys"), ["keys", *words])
    return invoked.output


def noted() -> AuditEntry:
    return Order("system", "test", NOW, Note(reason="a court order")).entry("test", "test")


async def add_grant(database: Database) -> None:
    await database.execute(
        """
insert into grants (id, client_id, account_id, citizen_id, session_id, sub, scope, attributes, purpose_ids, legal_basis,
    auth_time, acr, amr, redirect_uri, redirect_uri_sent, code_digest, code_expires_at, redeemed_at, refresh_generation,
    refreshed_at, refresh_expires_at, created_at, expires_at, grant_type)
values (%(id)s, '', %(id)s, %(id)s, %(id)s, '', '{}', '{}', '{}', '', %(now)s, '', '{}', '', true, '', %(now)s, %(now)s, 0,
    %(now)s, %(end)s, %(now)s, %(end)s + interval '100 days', '')""",
        {"id": uuid4(), "now": NOW, "end": NOW + timedelta(days=30)},
    )
