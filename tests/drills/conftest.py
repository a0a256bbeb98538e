from __future__ import annotations

from collections.abc import Iterator

import pytest

from gapura.values import Secret
from tests.drills.receiver import Receiver, listening
from tests.site import RelyingParty, Site, run_site


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Where the clients of a drill hear of logouts."""
    with listening() as heard:
        yield heard


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    receiver: Receiver,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A sandbox with four workers for all tests of a file."""
    home = tmp_path_factory.mktemp("site")
    with run_site(
        module_database_url,
        module_redis_url,
        root_keys,
        home,
        workers=4,
        GAPURA_OUTBOUND_ALLOW=receiver.address,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def party(site: Site, receiver: Receiver) -> RelyingParty:
    return RelyingParty.register(site.url, backchannel_logout_uri=receiver.uri)
