from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gapura.crypto.keyring import Vault
from gapura.flow.order import Order
from gapura.registry.importing import LoadTarget, store_regions
from gapura.registry.regions import Region, read_regions, shipped_regions
from gapura.registry.source import FileRefused
from tests.registry.citizen_rows import NOW

Query = Callable[..., list[tuple[Any, ...]]]
BY = Order.of_system("shell", NOW)


def test_the_38_provinces_of_today_are_shipped_and_a_retired_one() -> None:
    provinces = [region for region in shipped_regions() if region.level == "province"]
    assert sum(region.valid_to is None for region in provinces) == 38
    assert [region.name for region in provinces if region.valid_to] == ["Timor Timur"]


def test_every_shipped_region_lies_in_one_that_is_shipped() -> None:
    codes = {region.code for region in shipped_regions()}
    assert len(codes) == len(shipped_regions())
    for code in codes:
        assert "." not in code or code.rpartition(".")[0] in codes


def test_regions_are_added_and_corrected_and_none_is_lost(
    target: LoadTarget, vault: Vault, query: Query, tmp_path: Path
) -> None:
    assert store_regions(shipped_regions(), target, vault, BY) == len(shipped_regions())
    path = tmp_path / "regions.csv"
    path.write_text(
        "code,name,valid_from,valid_to,successor\n31,Daerah Khusus Jakarta,1961-08-28,,\n97,Baru,2030-01-01,,91\n"
    )
    assert store_regions(read_regions(path), target, vault, BY) == 2
    assert query("select name, level from region where code = '31'") == [
        ("Daerah Khusus Jakarta", "province")
    ]
    assert query("select count(*) from region") == [(len(shipped_regions()) + 1,)]
    assert query("select valid_from, successor from region where code = '97'") == [(date(2030, 1, 1), "91")]
    assert query("select action, detail from audit order by at, detail->>'count'")[0][0] == "registry.regions"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("code,name\n31,Jakarta\n", "columns are missing: valid_from"),
        ("code,name,valid_from\n3x,Jakarta,1961-08-28\n", "line 2 is no region"),
        ("code,name,valid_from\n31,Jakarta,28-08-1961\n", "line 2 is no region"),
        ("code,name,valid_from\n31,,1961-08-28\n", "line 2 is no region"),
        ("code,name,valid_from\n31\n", "line 2 is no region"),
        ("", "columns are missing"),
    ],
)
def test_a_file_of_regions_is_taken_whole_or_not_at_all(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "regions.csv"
    path.write_text(content)
    with pytest.raises(FileRefused, match=said):
        read_regions(path)


def test_levels_follow_from_the_code() -> None:
    codes = ("31", "31.71", "31.71.01", "31.71.01.1001")
    regions = [Region(code, "", date(2000, 1, 1), None, None) for code in codes]
    assert [region.level for region in regions] == ["province", "regency", "district", "village"]
