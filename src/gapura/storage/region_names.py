"""Region codes in words; they change a few times a year, so each is kept for a while."""

from __future__ import annotations

import time

from gapura.storage.database import Database

# 31.71.01.1001 lies in 31.71.01, in 31.71 and in 31: village, district, regency, province.
_NAMES = """
select name from region
where code = any(array[%(code)s, left(%(code)s, 8), left(%(code)s, 5), left(%(code)s, 2)])
order by length(code) desc
"""
KEEP_SECONDS = 600
MOST = 20_000


class RegionNames:
    """Implements `flow.facts.NamesRegions`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[str, tuple[float, tuple[str, ...]]] = {}

    async def names(self, code: str) -> tuple[str, ...]:
        kept = self._kept.get(code)
        if kept is not None and time.monotonic() - kept[0] < KEEP_SECONDS:
            return kept[1]
        names = tuple(row[0] for row in await self._database.fetch(_NAMES, {"code": code}))
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[code] = (time.monotonic(), names)
        return names
