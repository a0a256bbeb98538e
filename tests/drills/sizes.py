"""How often a drill repeats: a few times in each test run, in full for `--long`."""

from __future__ import annotations

from typing import Any

import pytest


def short_and_long(few: int, many: int) -> tuple[Any, ...]:
    """The two sizes, as values to parametrise a test with."""
    return pytest.param(few, id=f"{few}"), pytest.param(many, id=f"{many}", marks=pytest.mark.long)
