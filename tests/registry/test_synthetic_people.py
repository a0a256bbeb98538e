"""Synthetic people are believable, fit into families, and every file of them can be imported."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from gapura.identity.citizen import Citizen, MaritalStatus, Relation, Sex, Status
from gapura.registry.columns import NAMES
from gapura.registry.regions import shipped_regions
from gapura.registry.rows import Reject, RowReader
from gapura.registry.source import Extract
from gapura.registry.synth.extract import write_extract
from gapura.registry.synth.people import people
from tests.registry.citizen_rows import TODAY

MANY = 6_000
DEMO = Path(__file__).parents[2] / "demo" / "citizens.csv"


@pytest.fixture(scope="module")
def some() -> list[Citizen]:
    return list(islice(people(5, TODAY), MANY))


@pytest.fixture(scope="module")
def by_nik(some: list[Citizen]) -> dict[str, Citizen]:
    return {citizen.nik: citizen for citizen in some}


def read_all(path: Path, today: date = TODAY) -> tuple[list[Citizen], Counter[str]]:
    reader = RowReader(today, sandbox=True, districts={region.code for region in shipped_regions()})
    with Extract(path) as extract:
        judged = [
            cells if isinstance(cells, Reject) else reader.read(line, cells) for line, cells in extract.rows()
        ]
    citizens = [citizen for citizen in judged if isinstance(citizen, Citizen)]
    assert len(citizens) == len(judged), [reject for reject in judged if not isinstance(reject, Citizen)]
    return citizens, reader.warnings


def test_what_was_written_is_read_back_without_a_warning(some: list[Citizen], tmp_path: Path) -> None:
    path = tmp_path / "people.csv.gz"
    write_extract(path, some)
    assert path.read_bytes().startswith(b"\x1f\x8b")
    assert read_all(path) == (some, Counter())


def test_the_same_seed_and_day_give_the_same_bytes(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv", "d.csv.gz", "e.csv.gz")]
    for path, seed in zip(files, (1, 1, 2, 1, 1), strict=True):
        write_extract(path, islice(people(seed, TODAY), 500))
    a, b, c, d, e = (path.read_bytes() for path in files)
    assert a == b
    assert a != c
    assert d == e
    assert gzip.decompress(d) == a


def test_every_number_is_somebodys_own_and_synthetic(some: list[Citizen], by_nik: dict[str, Citizen]) -> None:
    assert len(by_nik) == MANY
    assert all(81 <= int(nik[8:10]) <= 92 for nik in by_nik)
    assert not any(citizen.flags() for citizen in some)


def test_parents_are_of_an_age_and_named_alike(some: list[Citizen], by_nik: dict[str, Citizen]) -> None:
    known = 0
    for child in some:
        for nik, name, sex in (
            (child.mother_nik, child.mother_name, Sex.FEMALE),
            (child.father_nik, child.father_name, Sex.MALE),
        ):
            if nik is None:
                continue
            parent = by_nik[nik]
            known += 1
            assert (parent.full_name, parent.sex) == (name, sex)
            assert 16 <= (child.birth_date - parent.birth_date).days / 365.25 <= 70
    assert known > MANY / 3


def test_a_card_has_one_head_and_its_members_live_together(some: list[Citizen]) -> None:
    cards: dict[str, list[Citizen]] = defaultdict(list)
    for citizen in some[: some.index([c for c in some if c.relation is Relation.HEAD][-1])]:
        cards[citizen.kk].append(citizen)
    sizes = Counter(len(card) for card in cards.values())
    for card in cards.values():
        relations = Counter(member.relation for member in card)
        assert relations[Relation.HEAD] + relations[Relation.OTHER] == 1
        assert relations[Relation.WIFE] + relations[Relation.HUSBAND] <= 1
        assert len({(m.address_line, m.rt, m.rw, m.region_code, m.postal_code) for m in card}) == 1
    assert len(sizes) >= 6
    assert 2.5 < sum(size * count for size, count in sizes.items()) / len(cards) < 4.5


def test_the_widowed_have_somebody_to_mourn_on_their_card(some: list[Citizen]) -> None:
    dead = {citizen.kk for citizen in some if citizen.status is Status.DECEASED}
    widowed = [c for c in some if c.marital_status is MaritalStatus.WIDOWED and c.relation is Relation.HEAD]
    assert widowed
    assert (
        sum(citizen.kk in dead for citizen in widowed) >= len(widowed) - 1
    )  # the last family may be cut off


def test_the_odd_cases_of_the_domain_are_among_the_first_sixty() -> None:
    for seed in range(20):
        first = list(islice(people(seed, TODAY), 60))
        ages = {citizen.age(TODAY) for citizen in first}
        born_on = Counter(
            (citizen.kk, citizen.birth_date) for citizen in first if citizen.relation is Relation.CHILD
        )
        assert {citizen.status for citizen in first} == set(Status)
        assert any(" " not in citizen.full_name for citizen in first)
        assert 2 in born_on.values()
        assert any(citizen.merged_into in {other.nik for other in first} for citizen in first)
        assert any((c.birth_date.month, c.birth_date.day, c.age(TODAY)) == (11, 24, 17) for c in first)
        assert {16, 17} <= ages
        assert any(len(citizen.full_name) == 60 for citizen in first)


def test_names_follow_region_religion_and_sex(some: list[Citizen]) -> None:
    hindu = [citizen for citizen in some if citizen.religion == "HINDU"]
    balinese = [c for c in hindu if c.full_name.split()[0] == ("NI" if c.sex is Sex.FEMALE else "I")]
    assert len(balinese) > 0.8 * len(hindu) > 0  # others married into a family, or are one of the odd cases
    assert all(c.full_name.split()[1] in {"WAYAN", "MADE", "NYOMAN", "KETUT"} for c in balinese)
    assert len({citizen.full_name for citizen in some}) > MANY * 0.5
    assert {citizen.religion for citizen in some} >= {"ISLAM", "PROTESTANT", "CATHOLIC", "HINDU", "BUDDHIST"}


def test_everybody_lives_in_a_region_that_is_shipped(some: list[Citizen]) -> None:
    villages = {region.code for region in shipped_regions() if region.level == "village"}
    assert {citizen.region_code for citizen in some} <= villages


def test_the_demos_citizens_can_be_imported_and_hold_the_promised_people() -> None:
    citizens, warnings = read_all(DEMO)
    assert not warnings
    known = {citizen.nik: citizen for citizen in citizens}
    budi, siti = known["3171011785900001"], known["3171015790920002"]
    assert (budi.full_name, budi.birth_date, budi.sex) == ("BUDI SANTOSO", date(1990, 5, 17), Sex.MALE)
    assert (siti.full_name, siti.birth_date, siti.sex) == ("SITI RAHMAWATI", date(1992, 10, 17), Sex.FEMALE)
    assert {citizen.status for citizen in citizens} == set(Status)
    assert 16 in {citizen.age(TODAY) for citizen in citizens}
    assert 55 <= len(citizens) == len(known) <= 70
    with DEMO.open(newline="") as file:
        assert tuple(next(csv.reader(file))) == NAMES
