"""Which NIKs a shard has met, at 8 bytes a slot: a set of Python numbers would take ten times as much."""

from __future__ import annotations

from array import array

_SMALLEST = 1 << 12


class SeenNiks:
    """An open-addressing table of numbers above 0; every NIK is one."""

    def __init__(self) -> None:
        self._slots, self._count = array("Q", bytes(8 * _SMALLEST)), 0

    def add(self, nik: str) -> bool:
        """False when it was there before."""
        number, slots = int(nik), self._slots
        mask = len(slots) - 1
        at = number * 0x9E3779B97F4A7C15 >> 20 & mask  # Fibonacci hashing: serials and dates cluster
        while found := slots[at]:
            if found == number:
                return False
            at = at + 1 & mask
        slots[at] = number
        self._count += 1
        if self._count * 3 > len(slots) * 2:
            self._grow()
        return True

    def _grow(self) -> None:
        old, self._slots = self._slots, array("Q", bytes(16 * len(self._slots)))
        slots, mask = self._slots, len(self._slots) - 1
        for number in filter(None, old):
            at = number * 0x9E3779B97F4A7C15 >> 20 & mask
            while slots[at]:
                at = at + 1 & mask
            slots[at] = number
