"""Imports from files into a real PostgreSQL, and what readers see of them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.errors import StartRefused
from gapura.identity.citizen import Status
from gapura.registry.importing import ImportOrder, LoadTarget, run_import
from gapura.registry.source import FileRefused
from gapura.storage.admin_loads import AdminLoads
from gapura.storage.database import Database
from gapura.storage.registry import Registry
from gapura.storage.registry_load import Counts
from gapura.values import Secret
from tests.registry.citizen_rows import NOW, Import, WriteExtract, nik, number_of, person, somebody

pytestmark = pytest.mark.anyio

Query = Callable[..., list[tuple[Any, ...]]]


async def test_an_imported_citizen_is_found_and_read(
    extract: WriteExtract, do_import: Import, registry: Registry
) -> None:
    summary = do_import(
        extract(person(), somebody(2, full_name="H. Ma'ruf Al-Amin, S.H.", kk="3171011288150008"))
    )
    assert summary.visible
    assert summary.counts == Counts(accepted=2, rejected=0, unchanged=0)
    assert summary.rejects is None
    citizen_id = await registry.find_by_nik(nik("3171 0117 8590 0001"))
    assert citizen_id
    citizen = await registry.read(citizen_id)
    assert citizen
    assert (citizen.full_name, await registry.status(citizen_id)) == ("BUDI SANTOSO", Status.ACTIVE)
    assert await registry.find_by_name_birth("budi  santoso, S.Kom.", date(1990, 5, 17)) == (citizen_id,)
    assert await registry.find_by_name_birth("budi santoso", date(1990, 5, 18)) == ()
    assert len(await registry.find_by_name_birth("Maruf Al Amin", date(1990, 5, 17))) == 1
    assert await registry.find_by_kk("3171011288150007") == (citizen_id,)
    assert await registry.read_many([citizen_id]) == {citizen_id: citizen}


async def test_who_is_not_there_is_none(registry: Registry) -> None:
    somebody_else = nik(number_of(7))
    assert await registry.find_by_nik(somebody_else) is None
    assert await registry.find_by_name_birth("Budi", date(1990, 5, 17)) == ()
    assert await registry.find_by_name_birth("...", date(1990, 5, 17)) == ()
    assert await registry.read_many([]) == {}


def test_bad_rows_go_to_the_reject_file_and_the_good_ones_become_visible(
    extract: WriteExtract, do_import: Import
) -> None:
    rows = [
        person(),
        somebody(2, sex="X"),
        somebody(3),
        somebody(4, birth_date="1990-13-01"),
        person(nik="12"),
    ]
    path = extract(*rows)
    summary = do_import(path, max_rejects=0.6)
    assert summary.visible
    assert summary.counts == Counts(accepted=2, rejected=3, unchanged=0)
    assert summary.rejects
    assert summary.rejects.name == "extract.csv.rejects.csv"
    assert summary.rejects.read_text().splitlines() == [
        "line,column,reason",
        "3,sex,is none of the words of this column",
        "5,birth_date,is not a date written YYYY-MM-DD",
        "6,nik,a NIK has 16 digits",
    ]
    assert sorted(file.name for file in path.parent.iterdir()) == ["extract.csv", "extract.csv.rejects.csv"]


def test_rows_that_are_no_rows_are_rejected_by_their_line(extract: WriteExtract, do_import: Import) -> None:
    path = extract(person())
    with path.open("ab") as file:
        file.write(b"\n1,2,3\n")
        file.write(
            path.read_bytes().splitlines()[1].replace(b"BUDI", b"BUD\xe9").replace(b"0001,", b"0002,", 1)
            + b"\n"
        )
        file.write(b'"' + b"x" * 200_000 + b"\n")
    summary = do_import(path, max_rejects=1)
    assert summary.counts == Counts(accepted=1, rejected=3, unchanged=0)
    assert summary.rejects
    assert summary.rejects.read_text().splitlines()[1:] == [
        "4,,the row has more or fewer cells than the header",
        "5,full_name,holds a character that cannot be printed or is not UTF-8",
        "6,,the row cannot be read as CSV",
    ]


def test_the_first_line_of_a_nik_wins_and_a_bad_line_takes_nobodys_place(
    extract: WriteExtract, do_import: Import, query: Query
) -> None:
    rows = [somebody(1, sex="X"), somebody(1), *map(somebody, range(2, 40)), *map(somebody, range(1, 40))]
    for workers in (1, 3):
        summary = do_import(extract(*rows), max_rejects=0.6, workers=workers)
        assert (summary.counts.accepted, summary.counts.rejected) == (39, 40)
        assert summary.rejects
        told = summary.rejects.read_text().splitlines()[2:]
        assert told == [f"{line},nik,this NIK stands on an earlier line" for line in range(42, 81)]
    assert query("select count(*), count(distinct citizen_id) from citizen_index") == [(39, 39)]


def test_a_nik_spelt_in_several_ways_is_one(extract: WriteExtract, do_import: Import, query: Query) -> None:
    spelt = ("{0}{1}", "{0}{1} ", "\u3000{0}{1}", "{0}{1}\u2003", "\x0b{0}{1}", "{0}.{1}", "{0} {1}")
    niks = [(number_of(n)[:6], number_of(n)[6:]) for n in range(1, 9)]
    rows = [person(nik=spelling.format(*parts)) for spelling in spelt for parts in niks]
    summary = do_import(extract(*rows), max_rejects=1, workers=3)
    assert (summary.counts.accepted, summary.counts.rejected) == (8, 8 * (len(spelt) - 1))
    assert query("select count(*), count(distinct nik) from citizen_index") == [(8, 8)]


@pytest.mark.parametrize("name", ["extract.csv.gz", "zipped.csv"])
async def test_a_gzipped_file_is_known_by_its_content(
    name: str, extract: WriteExtract, do_import: Import, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(extract(person(), name="plain.csv").read_bytes()))
    assert do_import(path).counts.accepted == 1


def test_semicolons_and_a_byte_order_mark_are_fine(extract: WriteExtract, do_import: Import) -> None:
    path = extract(person())
    path.write_text(path.read_text().replace(",", ";"), encoding="utf-8-sig")
    assert do_import(path).counts.accepted == 1


def test_columns_may_stand_in_any_order_with_others_between_and_optional_ones_left_out(
    do_import: Import, tmp_path: Path
) -> None:
    row = {"extra": "?", **dict(reversed(list(person().items())))}
    path = tmp_path / "few.csv"
    path.write_text(f"{','.join(row).upper()}\n{','.join(row.values())}\n")
    assert do_import(path).counts == Counts(accepted=1, rejected=0, unchanged=0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"nik,kk\n1,2\n", "columns are missing: full_name"),
        (b"", "columns are missing"),
        (b"nik,nik\n", "columns are missing"),
    ],
)
def test_a_file_without_its_columns_is_refused_whole(
    content: bytes, said: str, do_import: Import, query: Query, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused, match=said):
        do_import(path)
    assert query("select state from registry_load") == [("discarded",)]


def test_a_gzipped_file_that_is_cut_off_is_refused_whole(
    extract: WriteExtract, do_import: Import, query: Query, tmp_path: Path
) -> None:
    whole = gzip.compress(extract(*map(somebody, range(1, 9000))).read_bytes())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileRefused, match="broken"):
        do_import(path)
    assert query("select state from registry_load") == [("discarded",)]
    assert query("select count(*) from citizen_version") == [(0,)]
    assert [file.name for file in tmp_path.glob(".*")] == []


def test_too_many_rejects_discard_the_load_with_all_its_rows(
    extract: WriteExtract, do_import: Import, query: Query
) -> None:
    rows = [*map(somebody, range(1, 99)), somebody(99, sex="X"), somebody(100, sex="X")]
    summary = do_import(extract(*rows))
    assert not summary.visible
    assert (summary.counts.accepted, summary.counts.rejected) == (98, 2)
    for table in ("citizen_version", "citizen_key", "citizen_index", "registry_seen", "registry_turn"):
        assert query(f"select count(*) from {table}") == [(0,)]
    assert query("select state, accepted, rejected from registry_load") == [("discarded", 98, 2)]
    assert do_import(extract(*rows), max_rejects=0.02).visible


async def test_a_delta_changes_adds_and_leaves_the_rest_as_it_is(
    extract: WriteExtract, do_import: Import, registry: Registry, query: Query
) -> None:
    do_import(extract(person(), somebody(2), somebody(3)))
    before = await registry.find_by_nik(nik(number_of(1)))
    summary = do_import(extract(person(full_name="BUDI SANTOSA"), somebody(2), somebody(4)), "delta")
    assert summary.counts == Counts(accepted=3, rejected=0, unchanged=1)
    assert summary.effects.absent == 0
    after = await registry.find_by_nik(nik(number_of(1)))
    assert after == before
    assert after
    citizen = await registry.read(after)
    assert citizen
    assert citizen.full_name == "BUDI SANTOSA"
    assert await registry.find_by_name_birth("Budi Santoso", date(1990, 5, 17)) == ()
    assert await registry.find_by_name_birth("Budi Santosa", date(1990, 5, 17)) == (after,)
    assert query("select count(*) from citizen_version where load_id = 2") == [(2,)]
    assert query("select count(*) from citizen_key") == [(4,)]


async def test_absence_from_a_full_file_flags_and_deletes_nothing(
    extract: WriteExtract, do_import: Import, registry: Registry, query: Query
) -> None:
    do_import(extract(person(), somebody(2), somebody(3, status="DECEASED"), somebody(4)))
    summary = do_import(extract(person(), somebody(4, full_name="NEW NAME"), somebody(5)))
    assert summary.effects.absent == 1  # neither who died before, nor who changed, nor who is new
    absent = await registry.find_by_nik(nik(number_of(2)))
    assert query("select citizen_id, load_id from citizen_absence") == [(absent, 2)]
    assert absent
    assert await registry.status(absent) is Status.ACTIVE
    assert query("select count(*) from registry_seen") == [(0,)]


async def test_an_erased_citizen_is_nowhere_and_may_come_back_as_somebody_new(
    extract: WriteExtract, do_import: Import, registry: Registry, database_url: str, query: Query
) -> None:
    path = extract(person(), somebody(2))
    do_import(path)
    citizen_id = await registry.find_by_nik(nik(number_of(1)))
    assert citizen_id
    async with Database(database_url, size=1) as database, database.transaction() as tx:
        await registry.erase(tx, citizen_id)
    assert await registry.find_by_nik(nik(number_of(1))) is None
    assert await registry.read(citizen_id) is None
    assert await registry.status(citizen_id) is None
    assert await registry.find_by_name_birth("BUDI SANTOSO", date(1990, 5, 17)) == ()
    for table in ("citizen_version", "citizen_key", "citizen_index"):
        assert query(f"select count(*) from {table} where citizen_id = %s", citizen_id) == [(0,)]
    summary = do_import(path)
    assert summary.counts.unchanged == 1
    assert await registry.find_by_nik(nik(number_of(1))) not in {None, citizen_id}


async def test_citizens_of_an_older_root_key_are_found_again_and_unchanged(
    extract: WriteExtract, target: LoadTarget, database_url: str
) -> None:
    path = extract(person(), somebody(2))
    text = target.root_keys.reveal()
    older = Secret(text.split(",")[0])
    for keys, unchanged in ((older, 0), (Secret(text), 2)):
        vault = Vault(RootKeys.parse(keys.reveal()))
        summary = run_import(
            ImportOrder(path), replace(target, root_keys=keys), vault, lambda: NOW, lambda _: None
        )
        assert summary.counts == Counts(accepted=2, rejected=0, unchanged=unchanged)
    async with Database(database_url, size=1) as database:
        registry = Registry(database, vault)
        citizen_id = await registry.find_by_nik(nik(number_of(1)))
        assert citizen_id
        assert await registry.read(citizen_id)


def test_an_import_leaves_one_audit_row_without_values(
    extract: WriteExtract, do_import: Import, query: Query
) -> None:
    do_import(extract(person(), somebody(2)))
    [(action, actor, thing, detail)] = query("select action, actor, object, detail from audit")
    assert (action, actor, thing) == ("registry.import", "shell", "load:1")
    assert (detail["accepted"], detail["mode"]) == (2, "full")


def test_nothing_in_the_database_names_anybody(
    extract: WriteExtract, do_import: Import, query: Query
) -> None:
    do_import(extract(person(mother_nik="3171015785600002")))
    for table in ("citizen_version", "citizen_key", "citizen_index", "registry_load", "audit"):
        for (row,) in query(f"select t::text from {table} t"):
            for value in ("3171011785900001", "BUDI", "MERDEKA", "3171011288150007", "1990-05-17"):
                assert value not in row
                assert value.encode().hex() not in row


def test_an_import_without_a_root_key_in_use_is_refused_before_it_begins(
    extract: WriteExtract, do_import: Import, target: LoadTarget, query: Query
) -> None:
    path = extract(person())
    do_import(path)
    older = Secret(target.root_keys.reveal().split(",")[0])
    with pytest.raises(StartRefused, match="root key 2 is missing"):
        run_import(
            ImportOrder(path),
            replace(target, root_keys=older),
            Vault(RootKeys.parse(older.reveal())),
            lambda: NOW,
            lambda _: None,
        )
    assert query("select count(*) from registry_load") == [(1,)]


def test_a_first_load_leaves_every_index_in_place(
    extract: WriteExtract, do_import: Import, query: Query
) -> None:
    indexes = "select indexdef from pg_indexes where tablename = 'citizen_index' order by 1"
    before = query(indexes)
    assert len(before) == 5
    do_import(extract(person()))
    assert query(indexes) == before


def test_a_first_load_that_is_refused_or_discarded_leaves_every_index_in_place(
    extract: WriteExtract, do_import: Import, query: Query, tmp_path: Path
) -> None:
    indexes = "select indexdef from pg_indexes where tablename = 'citizen_index' order by 1"
    before = query(indexes)
    (tmp_path / "wrong.csv").write_text("nik\n")
    with pytest.raises(FileRefused):
        do_import(tmp_path / "wrong.csv")
    assert query(indexes) == before
    assert not do_import(extract(person(sex="X"))).visible
    assert query(indexes) == before
    assert query("select action, object from audit order by object") == [
        ("registry.discard", "load:1"),
        ("registry.discard", "load:2"),
    ]


async def test_administrators_see_the_loads_newest_first(
    extract: WriteExtract, do_import: Import, database_url: str
) -> None:
    do_import(extract(person(), somebody(2)))
    do_import(extract(person(), somebody(3, sex="X")))
    async with Database(database_url, size=1) as database:
        second, first = await AdminLoads(database).all()
    assert (second.state, second.accepted, second.rejected) == ("discarded", 1, 1)
    assert (first.state, first.accepted, first.unchanged, first.actor) == ("visible", 2, 0, "shell")
    assert first.visible_at == NOW
