"""Keys and the other grant types: whoever gets a token by a device or an exchange binds it to a key of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gapura.protocol.grants import device_code, token_exchange
from gapura.protocol.grants.token_exchange import ACCESS_TOKEN
from tests.conformance.dpop_party import DpopParty
from tests.conformance.key_party import new_key
from tests.site import Browser, Site

DESK, ARCHIVE = "https://meja.example", "https://gudang.example"


def test_the_tokens_of_a_device_are_bound_to_its_key(site: Site, browser: Browser) -> None:
    tv = DpopParty.by_key(
        site.url,
        redirect_uris=[],
        grant_types=[device_code.NAME, "refresh_token"],
        dpop_bound_access_tokens=True,
    )
    begun = tv.post("/device_authorization", {"scope": "openid profile offline_access"}).json()
    browser.open("/device")
    browser.submit(user_code=begun["user_code"])
    browser.submit(decision="allow")
    browser.sign_in()
    browser.agree()
    form = {"grant_type": device_code.NAME, "device_code": begun["device_code"]}
    assert tv.post("/token", form).json()["error"] == "invalid_dpop_proof"
    tokens = tv.token(**form).json()
    assert tokens["token_type"] == "DPoP"
    assert tv.userinfo(tokens["access_token"]).status_code == 200
    tv.bound = new_key()
    assert tv.userinfo(tokens["access_token"]).status_code == 401


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> DpopParty:
    """A resource server that exchanges, by `private_key_jwt`; another one to go on to is there too."""
    key = new_key()
    registered: list[dict[str, Any]] = []
    for identifier in (DESK, ARCHIVE):
        metadata = {
            "client_name": identifier,
            "grant_types": [token_exchange.NAME, "client_credentials"],
            "resource_identifier": identifier,
            "token_exchange": ["delegation"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [key.as_dict(private=False)]},
        }
        file = tmp_path / "metadata.json"
        file.write_text(json.dumps(metadata))
        done = subprocess.run(
            [sys.executable, "-m", "gapura", "client", "add", "sandbox", str(file)],
            env=site.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        registered.append({"client_id": done.stdout.split()[1]})
    return DpopParty(site.url, registered[0], key=key)


def test_an_exchanged_token_is_bound_to_the_key_of_who_exchanged_it(
    site: Site, browser: Browser, desk: DpopParty
) -> None:
    app = DpopParty.by_key(site.url, dpop_bound_access_tokens=True)
    browser.open(app.authorize_url("openid profile") + f"&resource={DESK}&resource={ARCHIVE}")
    browser.sign_in()
    browser.agree()
    tokens = app.redeem(browser.answer()["code"]).json()
    form = {
        "grant_type": token_exchange.NAME,
        "subject_token": tokens["access_token"],
        "subject_token_type": ACCESS_TOKEN,
        "resource": ARCHIVE,
    }
    plain = desk.post("/token", form).json()
    assert (plain["error"], "bound to a key" in plain["error_description"]) == ("invalid_request", True)
    exchanged = desk.token(**form).json()
    assert exchanged["token_type"] == "DPoP"
    seen = desk.post("/introspect", {"token": exchanged["access_token"]}).json()
    assert seen["cnf"] == {"jkt": desk.jkt}
    assert seen["act"]["client_id"] == desk.client_id
