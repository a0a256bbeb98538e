"""Chance, from a seed alone: the same draws on every machine and version of Python."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Draw:
    def __init__(self, seed: int) -> None:
        # `random` of a numbered seed is promised to stay the same; `choice` and `randrange` are not, and are slow.
        self.random = Random(seed).random  # noqa: S311 -- nothing here is secret

    def below(self, count: int) -> int:
        return int(self.random() * count)

    def between(self, low: int, high: int) -> int:
        """Both ends included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        return items[int(self.random() * len(items))]

    def chance(self, probability: float) -> bool:
        return self.random() < probability


class Weighted(Generic[Item]):
    """Items with their weights, to be picked from."""

    def __init__(self, weights: Mapping[Item, float]) -> None:
        self._items = tuple(weights)
        self._sums = tuple(accumulate(weights.values()))

    def pick(self, draw: Draw) -> Item:
        return self._items[bisect(self._sums, draw.random() * self._sums[-1])]
