from __future__ import annotations

from hashlib import sha256

import pytest

from gapura.protocol.session_state import session_state

ORIGINS = [
    ("https://pajak.example/kembali?a=b", "https://pajak.example"),
    ("https://Pajak.example:443/", "https://pajak.example"),
    ("https://pajak.example:8443/", "https://pajak.example:8443"),
    ("http://localhost:9000/cb", "http://localhost:9000"),
    ("http://[::1]:80/cb", "http://[::1]"),
]


@pytest.mark.parametrize(("redirect_uri", "origin"), ORIGINS)
def test_it_is_bound_to_the_origin_of_the_redirect_uri(redirect_uri: str, origin: str) -> None:
    digest = sha256(f"pajak {origin} negara garam".encode()).hexdigest()  # Session Management §3.2
    assert session_state("pajak", redirect_uri, "negara", "garam") == f"{digest}.garam"


def test_an_app_without_an_origin_has_no_page_that_could_ask() -> None:
    assert session_state("pajak", "id.example.app:/kembali", "negara", "garam") is None
