from __future__ import annotations

from collections.abc import Iterator

import pytest

from gapura.values import Secret
from tests.site import Browser, Site, run_site


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A sandbox with two workers for all attacks of a file."""
    home = tmp_path_factory.mktemp("site")
    with run_site(module_database_url, module_redis_url, root_keys, home, workers=2) as running:
        yield running


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser(site.url)
