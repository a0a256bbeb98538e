"""Discovery tells the truth: every value that the metadata names is driven once, over https, in sandbox mode.

The cases are the metadata itself, made by the function that serves it: what is added to a table is tried here without
anybody touching this file, and a member without a driver fails with its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gapura.protocol.response_types import RESPONSE_TYPES
from gapura.settings import Settings
from gapura.values import Secret
from gapura.web.locale import Languages
from gapura.wiring.discovery import discovery_of
from tests.conformance.advertised import DRIVERS, TOGETHER, cases
from tests.conformance.advertised.house import House
from tests.conformance.suite import Suite
from tests.site import Identity, Site, run_site
from tests.site.deployment import free_port
from tests.site.ping_receiver import PingReceiver, receive_pings

SETTINGS = Settings(
    mode="sandbox",
    issuer="https://localhost:8443",
    mtls_port=8444,
    client_authorities=Path("authorities.pem"),
)
PROMISED = dict(discovery_of(SETTINGS, Languages.load()))
CASES = list(cases(PROMISED))


@pytest.fixture(scope="module")
def pings(server_identity: Identity) -> Iterator[PingReceiver]:
    with receive_pings(server_identity) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def house(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    server_identity: Identity,
    suite: Suite,
    pings: PingReceiver,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """With everything that a deployment can switch on."""
    folder = tmp_path_factory.mktemp("house")
    authority = Identity.new(folder, "Otoritas Sertifikat", is_ca=True)
    with run_site(
        module_database_url,
        module_redis_url,
        root_keys,
        tmp_path_factory.mktemp("site"),
        tls=server_identity,
        GAPURA_MTLS_PORT=str(free_port()),
        GAPURA_CLIENT_AUTHORITIES=str(authority.certificate),
        GAPURA_OUTBOUND_ALLOW=f"{suite.url.removeprefix('https://')},{pings.address}",
        GAPURA_OUTBOUND_CA=str(server_identity.certificate),
        GAPURA_APPROVAL_REQUESTS_PER_HOUR="1000",
    ) as site:
        yield House(site, suite, pings, authority, folder)


@pytest.fixture(scope="module")
def site(house: House) -> Site:
    return house.site


def test_what_is_tried_here_is_what_is_served(house: House) -> None:
    """But for the addresses, which are those of the site."""
    assert list(cases(_without_origins(house.metadata))) == list(cases(_without_origins(PROMISED)))


def _without_origins(metadata: dict[str, Any]) -> dict[str, Any]:
    origins = {metadata["issuer"], metadata["mtls_endpoint_aliases"]["token_endpoint"].removesuffix("/token")}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        if isinstance(value, str):
            for origin in origins:
                value = value.replace(origin, "")
        return value

    return {name: plain(value) for name, value in metadata.items()}


def test_production_promises_nothing_of_the_sandboxs_alone() -> None:
    production = dict(discovery_of(SETTINGS.model_copy(update={"mode": "production"}), Languages.load()))
    by_browser = {name for name, row in RESPONSE_TYPES.items() if row.in_front}
    assert by_browser <= set(PROMISED["response_types_supported"])
    assert not by_browser.intersection(production["response_types_supported"])
    assert "implicit" not in production["grant_types_supported"]
    differ = {name for name in PROMISED if PROMISED[name] != production.get(name)}
    assert differ == {"response_types_supported", "grant_types_supported"}
    assert production.keys() == PROMISED.keys()
    assert "sandbox" not in str(production)


@pytest.mark.parametrize("member", PROMISED)
def test_every_member_has_a_driver(member: str) -> None:
    assert member in DRIVERS or member in TOGETHER.values(), f"nothing drives {member}"


@pytest.mark.parametrize("member", DRIVERS)
def test_nothing_is_driven_that_is_not_promised(member: str) -> None:
    assert member in PROMISED


@pytest.mark.parametrize(("member", "value"), CASES, ids=[f"{member}: {value}" for member, value in CASES])
def test_the_value_works(house: House, member: str, value: object) -> None:
    served = house.metadata[member]
    if isinstance(served, str):  # an address: that of the site
        value = served
    elif isinstance(served, dict) and isinstance(value, tuple):
        value = (value[0], served[value[0]])
    DRIVERS[member](house, value)
