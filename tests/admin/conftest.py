from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from gapura.values import Secret
from tests.admin.desk import OperatorBrowser, add_operators
from tests.site import Site, run_site


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A sandbox with an operator of each role, whose sign-in name is the role's."""
    home = tmp_path_factory.mktemp("site")
    with run_site(module_database_url, module_redis_url, root_keys, home) as running:
        asyncio.run(add_operators(running))
        yield running


@pytest.fixture(scope="module")
def at_desk(site: Site) -> Callable[[str], OperatorBrowser]:
    """The browser of the operator of a role, signed in; one for all tests of a file."""
    browsers: dict[str, OperatorBrowser] = {}

    def signed_in(role: str) -> OperatorBrowser:
        if role not in browsers:
            browsers[role] = OperatorBrowser(site, role)
            browsers[role].sign_in("/admin")
        return browsers[role]

    return signed_in


@pytest.fixture
def administrator(at_desk: Callable[[str], OperatorBrowser]) -> OperatorBrowser:
    browser = at_desk("administrator")
    browser.sign_in_again()
    return browser
