from __future__ import annotations

from typing import Any

import pytest

from gapura.errors import OAuthError
from gapura.protocol.registration import (
    answer,
    new_secret_due,
    register,
)
from gapura.protocol.registration import replace as replace_registration
from gapura.protocol.sector import check_sector, sector_of
from gapura.values import Secret, opaque_digest
from tests.protocol.registrations import (
    BY_KEY,
    FULL,
    MINIMAL,
    PRODUCTION,
)
from tests.protocol.samples import CALLBACK, ISSUER, NOW

SECTORS = [
    pytest.param({"redirect_uris": [CALLBACK]}, "pajak.example", id="its host"),
    pytest.param(
        {"redirect_uris": [CALLBACK, "https://pajak.example/2"]}, "pajak.example", id="one host twice"
    ),
    pytest.param(
        {"redirect_uris": ["http://localhost:8001/cb"]}, "localhost:8001", id="loopback with its port"
    ),
    pytest.param(
        {"redirect_uris": [CALLBACK], "sector_identifier_uri": "https://sektor.example/x"},
        "sektor.example",
        id="OIDC Core §8.1 the document's host",
    ),
    pytest.param(
        {"redirect_uris": ["https://b.example/", "https://a.example/"]},
        "a.example,b.example",
        id="hosts that nothing joins are neither's sector",
    ),
]


@pytest.mark.parametrize(("stored", "sector"), SECTORS)
def test_the_sector_of_a_client_that_registers_itself(stored: dict[str, Any], sector: str) -> None:
    assert sector_of(stored) == sector


def test_the_sectors_document_names_every_redirect_uri() -> None:
    check_sector(MINIMAL, [CALLBACK, "https://b.example/"])
    for document in ([], ["https://b.example/"], {"0": CALLBACK}, [[CALLBACK]], None):
        with pytest.raises(OAuthError, match="invalid_client_metadata"):
            check_sector(MINIMAL, document)


def test_a_client_without_an_address_takes_nobodys_sector() -> None:
    """Any document at somebody else's host lists all of no addresses."""
    documents: tuple[object, ...] = ([], ["https://b.example/"], {})
    for document in documents:
        with pytest.raises(OAuthError, match="invalid_client_metadata"):
            check_sector({**MINIMAL, "redirect_uris": []}, document)


BACKCHANNEL = [
    pytest.param("poll", "jwks_uri", id="CIBA §4 poll"),
    pytest.param("ping", "backchannel_client_notification_endpoint", id="CIBA §4 ping"),
]


@pytest.mark.parametrize(("mode", "name"), BACKCHANNEL)
def test_the_sectors_document_names_the_address_of_a_backchannel_client(mode: str, name: str) -> None:
    address = "https://pajak.example/ciba"
    metadata = {**MINIMAL, "backchannel_token_delivery_mode": mode, name: address}
    check_sector(metadata, [CALLBACK, address])
    with pytest.raises(OAuthError) as refused:
        check_sector(metadata, [CALLBACK])
    assert name in refused.value.description


REPLACED = [
    pytest.param({"client_id": "c2"}, "invalid_request", id="RFC 7592 §2.2 another client_id"),
    pytest.param({"client_id": None}, "invalid_request", id="RFC 7592 §2.2 no client_id"),
    pytest.param({"registration_access_token": "x"}, "invalid_request", id="RFC 7592 §2.2 token sent back"),
    pytest.param({"client_id_issued_at": 1}, "invalid_request", id="RFC 7592 §2.2 issued_at sent back"),
    pytest.param({"client_secret": "lain"}, "invalid_request", id="RFC 7592 §2.2 another secret"),
    pytest.param({"client_secret": 1}, "invalid_request", id="RFC 7592 §2.2 a secret that is no text"),
    pytest.param(
        {"redirect_uris": ["http://a.example"]}, "invalid_redirect_uri", id="RFC 7592 §2.2 as at first"
    ),
]


@pytest.mark.parametrize(("changes", "code"), REPLACED)
def test_a_replacement_is_refused(changes: dict[str, Any], code: str) -> None:
    document = {**MINIMAL, "client_id": "c1", **changes}
    with pytest.raises(OAuthError) as refused:
        replace_registration(document, register(FULL, PRODUCTION), "c1", opaque_digest("s"), PRODUCTION)
    assert refused.value.code == code


def test_what_a_replacement_leaves_out_is_gone() -> None:
    document = {**MINIMAL, "client_id": "c1", "client_secret": "s"}
    kept = replace_registration(document, register(FULL, PRODUCTION), "c1", opaque_digest("s"), PRODUCTION)
    assert kept == register(MINIMAL, PRODUCTION)
    with pytest.raises(OAuthError, match="invalid_client_metadata"):
        replace_registration([], {}, "c1", None, PRODUCTION)


def test_another_method_means_another_secret() -> None:
    basic, by_key = register(MINIMAL, PRODUCTION), register(BY_KEY, PRODUCTION)
    post = register({**MINIMAL, "token_endpoint_auth_method": "client_secret_post"}, PRODUCTION)
    assert new_secret_due(by_key, basic)
    assert new_secret_due(basic, post)
    assert not new_secret_due(basic, basic)
    assert not new_secret_due(basic, by_key)


def test_a_secret_is_shown_when_it_is_made() -> None:
    shown = answer(
        ISSUER,
        "c1",
        register(MINIMAL, PRODUCTION),
        issued_at=NOW,
        registration_token=Secret("rat"),
        secret=Secret("s"),
    )
    assert shown["client_secret"] == "s"
    assert shown["client_secret_expires_at"] == 0
    assert shown["registration_access_token"] == "rat"
    assert shown["registration_client_uri"] == f"{ISSUER}/register/c1"
    assert shown["client_id_issued_at"] == int(NOW.timestamp())
