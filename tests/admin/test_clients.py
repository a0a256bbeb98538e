"""Clients, from the form to a sign-in at them."""

from __future__ import annotations

import re

from tests.admin.desk import REASON, OperatorBrowser
from tests.site import Site

FORM: dict[str, str | list[str]] = {
    "client_name": "Pajak Online",
    "agency": "sandbox",
    "redirect_uris": "http://localhost:9/kembali\nhttp://localhost:9/lain",
    "token_endpoint_auth_method": "client_secret_basic",
    "id_token_signed_response_alg": "RS256",
    "scope": ["openid", "profile", "nik"],
    "reason": REASON,
}


def registered(administrator: OperatorBrowser) -> tuple[str, str]:
    """The id and the secret of a client registered just now."""
    administrator.open("/admin/clients/new")
    page = administrator.submit(**FORM)
    assert page.status_code == 200, page.text
    secret = re.search(r'gapura-secret"><code>([^<]+)', page.text)
    client_id = re.search(r"client_id\s*</dt>\s*<dd[^>]*>\s*<code>([^<]+)", page.text)
    assert secret is not None
    assert client_id is not None
    return client_id[1], secret[1]


def test_a_client_is_registered_and_its_secret_is_shown_once(
    administrator: OperatorBrowser, site: Site
) -> None:
    client_id, secret = registered(administrator)
    assert len(secret) > 40
    assert secret not in administrator.open(f"/admin/clients/{client_id}").text
    [(status, agency, metadata)] = site.rows(
        "select status, agency_id, metadata from client where id = %s", client_id
    )
    assert (status, agency) == ("active", "sandbox")
    assert metadata["redirect_uris"] == ["http://localhost:9/kembali", "http://localhost:9/lain"]  # type: ignore[index]
    assert (f"client:{client_id}", True) in administrator.audited("client.registered")
    assert "Pajak Online" in administrator.open("/admin/clients").text
