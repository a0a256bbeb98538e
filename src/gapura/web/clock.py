"""The clock, read at the edge and passed in from there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from gapura.values import Instant

Clock: TypeAlias = Callable[[], Instant]


def system_clock() -> Instant:
    return datetime.now(UTC)
