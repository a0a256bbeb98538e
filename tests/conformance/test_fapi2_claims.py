"""What FAPI 2.0's module asks by the `claims` parameter (OpenID Connect Core §5.5)."""

from __future__ import annotations

import base64
import json
import secrets
from itertools import cycle
from typing import Any

import pytest

from tests.conformance.key_party import signed_in
from tests.conformance.oidcc import ALL
from tests.conformance.pushing_party import PAR, PushingParty
from tests.site import Browser, Site

STANDARD = {
    "name": str, "gender": str, "birthdate": str, "email": str, "email_verified": bool, "address": dict,
    "phone_number": str, "phone_number_verified": bool,
}  # fmt: skip
WISHES: tuple[Any, ...] = (None, {"essential": True}, {"essential": False}, {})


@pytest.mark.parametrize("signs", [False, True], ids=["unsigned", "signed_non_repudiation"])
def test_fapi2_test_claims_parameter_identity_claims(site: Site, browser: Browser, signs: bool) -> None:
    """Every standard claim of the metadata in both places, each asked for in another form; what nobody knows is ignored."""
    listed = browser.http.get(f"{site.url}/.well-known/openid-configuration").json()["claims_supported"]
    known = [name for name in listed if name in STANDARD]
    assert set(known) == set(STANDARD)
    asked = dict(zip([*known, *(secrets.token_hex(8) for _ in WISHES)], cycle(WISHES), strict=False))
    party = PushingParty.fapi2(site.url, require_signed_request_object=signs)
    claims = {"id_token": asked, "userinfo": asked}
    params: dict[str, Any] = party.params(scope="openid")
    form = {**params, "claims": json.dumps(claims)}
    if signs:
        form = {"request": party.request_object({**params, "claims": claims})}
    pushed = party.post(PAR, form)
    assert pushed.status_code == 201, pushed.text
    answer = signed_in(browser, party.visit(pushed.json()["request_uri"]), attributes=ALL)
    tokens = party.redeem(answer["code"]).json()
    userinfo = party.userinfo(tokens["access_token"])
    assert userinfo.headers["content-type"] == "application/json"
    id_token = json.loads(base64.urlsafe_b64decode(tokens["id_token"].split(".")[1] + "=="))
    assert userinfo.json()["sub"] == id_token["sub"]
    assert userinfo.json().keys() == {"sub", *known}
    for found in (id_token, userinfo.json()):
        assert all(isinstance(found[name], STANDARD[name]) for name in known)
        assert not (asked.keys() - set(known)) & found.keys()
