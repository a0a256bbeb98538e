"""The table of region codes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeAlias

import psycopg

# code, name, level, valid from, valid to, successor
Row: TypeAlias = tuple[str, str, str, date, date | None, str | None]

MERGE = """
insert into region (code, name, level, valid_from, valid_to, successor)
select code, name, level, valid_from, valid_to, successor from arriving
on conflict (code) do update
set (name, level, valid_from, valid_to, successor) =
    (excluded.name, excluded.level, excluded.valid_from, excluded.valid_to, excluded.successor)"""


def write_regions(connection: psycopg.Connection, rows: Iterable[Row]) -> int:
    """Add and correct regions in the caller's transaction; none is ever deleted, for NIKs name retired ones too."""
    connection.execute("create temporary table arriving (like region) on commit drop")
    with connection.cursor() as cursor, cursor.copy("copy arriving from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    return connection.execute(MERGE).rowcount
