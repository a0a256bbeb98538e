from __future__ import annotations

import pytest

from gapura.protocol.third_party_login import initiate_login_url
from tests.protocol.samples import ISSUER, client_of

OPENED = [
    pytest.param("https://pajak.example/mulai", "https://pajak.example/mulai?iss=", id="Core 4"),
    pytest.param("https://pajak.example/?a=b", "https://pajak.example/?a=b&iss=", id="its own query stays"),
]


@pytest.mark.parametrize(("uri", "begins"), OPENED)
def test_a_client_is_told_who_asks_it_to_begin(uri: str, begins: str) -> None:
    url = initiate_login_url(client_of(initiate_login_uri=uri), ISSUER)
    assert url is not None
    assert url == begins + "https%3A%2F%2F" + ISSUER.removeprefix("https://")


def test_what_has_no_beginning_or_is_disabled_is_not_opened() -> None:
    assert initiate_login_url(client_of(), ISSUER) is None
    disabled = client_of(initiate_login_uri="https://pajak.example/mulai", status="disabled")
    assert initiate_login_url(disabled, ISSUER) is None
