from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from gapura.values import Secret
from tests.journeys.citizen import started
from tests.journeys.country import Country, run_country


@pytest.fixture(scope="module")
def country(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Country]:
    """One for all tests of a file."""
    home = tmp_path_factory.mktemp("country")
    with run_country(module_database_url, module_redis_url, root_keys, home) as running:
        yield running


@pytest.fixture(scope="module")
def browser(chromium: str, country: Country) -> Iterator[Browser]:  # noqa: ARG001 -- started after it, stopped before
    with started(chromium) as running:
        yield running
