"""How PostgreSQL goes about the statements that many wait for: a plan made on empty tables is kept while they fill."""

from __future__ import annotations

import re

import pytest

from gapura.storage import decoupled, grant_ends, grants, visits
from gapura.storage.database import Database

pytestmark = pytest.mark.anyio

# What grows with every request.
THROUGH = re.compile(
    r"(Seq|Index|Index Only) Scan .*\bon (access_token|consent|decoupled_request|grants|session|subject)"
)
BY_KEY = re.compile(r"Index Cond: .* = ")
STATEMENTS = {
    "begin": grants.BEGIN,
    "mint": grants.MINT,
    "tokens": grants.TOKENS,
    "visits": visits.VISITS,
    "revoke": grant_ends.OF_GRANT,
    "offline": grants.FIND_OFFLINE,
    "approve": decoupled.APPROVE,
    "poll": decoupled.POLL,
    "typed": decoupled.OF_USER_CODE,
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_rows_are_looked_up_by_their_keys_from_the_first_request_on(
    database_url: str, name: str
) -> None:
    numbers = iter(range(1, 9))
    statement = re.sub(r"%(\(\w+\))?s", lambda _: f"${next(numbers)}", STATEMENTS[name])
    async with Database(database_url, size=1, prepare=False, by_key=True) as database:
        rows = await database.fetch(f"explain (generic_plan) {statement}")
    plan = [row[0].strip() for row in rows]
    through = [
        line
        for line, below in zip(plan, [*plan[1:], ""], strict=True)
        if THROUGH.search(line) and not BY_KEY.search(below)
    ]
    assert through == []
