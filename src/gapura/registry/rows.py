"""One row of an extract: a citizen, or the first thing that is wrong with it. No I/O, and no value in what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from gapura.identity.citizen import Citizen, Status
from gapura.identity.nik import Nik, NikRefused, district_of
from gapura.registry.columns import COLUMNS, EMPTY, CellRefused, Column, Reader

OLDEST = 130  # years; nobody was ever older
REMEMBERED = 1024  # cells of a column


@dataclass(frozen=True, slots=True)
class Reject:
    """`reason` is a code of `columns.REASONS`; `column` is empty where the whole row is meant."""

    line: int
    column: str
    reason: str


class RowReader:
    """Reads rows as of `today`, the day its load began, so that a load continued tomorrow judges the same.

    `warnings` counts what deserves a look and was taken all the same.
    """

    def __init__(self, today: date, *, sandbox: bool, districts: Container[str] = ()) -> None:
        self._today, self._sandbox, self._districts = today, sandbox, districts
        self._oldest = date(today.year - OLDEST, 1, 1)
        self._readers = tuple(map(self._reader, COLUMNS))
        self.warnings: Counter[str] = Counter()

    def read(self, line: int, cells: Sequence[str]) -> Citizen | Reject:
        """`cells` stand in the order of COLUMNS."""
        try:
            citizen = Citizen(*[read(cell) for read, cell in zip(self._readers, cells, strict=True)])  # type: ignore[arg-type]
        except (CellRefused, NikRefused):
            return self._first_refused(line, cells)
        if contradiction := self._contradiction(citizen):
            return Reject(line, *contradiction)
        self._warn(citizen)
        return citizen

    def _nik(self, cell: str) -> str:
        nik = Nik.parse(cell, today=self._today, sandbox=self._sandbox)
        if self._sandbox and not nik.synthetic:
            raise CellRefused("nik_real")
        return nik.digits

    def _reader(self, column: Column) -> Reader:
        read, empty = column.read or self._nik, EMPTY.get(column.name)

        def stripped(cell: str) -> object:
            cell = cell.strip()
            if cell:
                return read(cell)
            if column.optional:
                return empty
            raise CellRefused("missing")

        # Families share most of their cells, and most columns have few values.
        return stripped if column.own else lru_cache(REMEMBERED)(stripped)

    def _first_refused(self, line: int, cells: Sequence[str]) -> Reject:
        for column, read, cell in zip(COLUMNS, self._readers, cells, strict=True):
            try:
                read(cell)
            except (CellRefused, NikRefused) as refused:
                return Reject(line, column.name, refused.reason)
        raise AssertionError("a row was refused and none of its cells is")

    def _contradiction(self, citizen: Citizen) -> tuple[str, str] | None:
        """The column and the reason, where cells that are right by themselves don't fit together."""
        if citizen.birth_date > self._today:
            return "birth_date", "date_future"
        if citizen.birth_date < self._oldest:
            return "birth_date", "date_ancient"
        if citizen.status is Status.DUPLICATE:
            if citizen.merged_into is None:
                return "merged_into", "missing"
        elif citizen.merged_into is not None:
            return "merged_into", "not_duplicate"
        for column in ("mother_nik", "father_nik", "merged_into"):
            if getattr(citizen, column) == citizen.nik:
                return column, "itself"
        return None

    def _warn(self, citizen: Citizen) -> None:
        if flags := citizen.flags():
            self.warnings.update(flags)
        if self._districts:
            if citizen.region_code[:8] not in self._districts:
                self.warnings["region_unknown"] += 1
            if district_of(citizen.nik) not in self._districts:
                self.warnings["nik_region_unknown"] += 1
