from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gapura.values import Secret
from tests.journeys.citizen import AuthenticatorApp, started
from tests.journeys.country import Country, run_country


@pytest.fixture
def workers() -> int:
    """How many processes answer for Gapura."""
    return 1


@pytest.fixture
def country(
    workers: int, database_url: str, redis_url: str, root_keys: Secret, tmp_path: Path
) -> Iterator[Country]:
    with run_country(database_url, redis_url, root_keys, tmp_path, workers=workers) as running:
        yield running


@pytest.fixture
def browser(chromium: str, country: Country) -> Iterator[Browser]:  # noqa: ARG001 -- started after it, stopped before
    with started(chromium) as running:
        yield running


@pytest.fixture
def app() -> AuthenticatorApp:
    """Siti's, whatever browser she is at."""
    return AuthenticatorApp()
