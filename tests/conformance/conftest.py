"""What the Foundation's suite meets: Gapura over https by a certificate that nobody but the tests trusts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gapura.values import Secret
from tests.conformance.suite import Suite, served
from tests.site import Browser, Identity, Site, run_site
from tests.site.certificates import LOCALHOST


@pytest.fixture(scope="session")
def server_identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.new(tmp_path_factory.mktemp("tls"), "localhost", names=LOCALHOST)


@pytest.fixture(scope="module")
def suite(server_identity: Identity) -> Iterator[Suite]:
    with served(server_identity) as kept:
        yield kept


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    server_identity: Identity,
    suite: Suite,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A sandbox for all tests of a file, with PKCE as the basic plan wants it; it may call the suite."""
    with run_site(
        module_database_url,
        module_redis_url,
        root_keys,
        tmp_path_factory.mktemp("site"),
        tls=server_identity,
        GAPURA_PKCE_REQUIRED="public",
        GAPURA_OUTBOUND_ALLOW=suite.url.removeprefix("https://"),
        GAPURA_OUTBOUND_CA=str(server_identity.certificate),
    ) as running:
        yield running


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser(site.url)
