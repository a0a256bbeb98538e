"""Each grant type gives tokens to who has what it takes."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from gapura.protocol.grants import (
    authorization_code,
    ciba,
    client_credentials,
    device_code,
    jwt_bearer,
    refresh_token,
    token_exchange,
)
from gapura.protocol.grants.token_exchange import ACCESS_TOKEN, DELEGATION
from gapura.protocol.response_types import IMPLICIT
from tests.conformance.advertised.decoupled import approved_elsewhere
from tests.conformance.advertised.house import AGREED, Driver, House, key_of, sent, tokens, told
from tests.conformance.key_party import KeyParty, signed


def by_code(house: House) -> dict[str, Any]:
    return tokens(house.party(grant_types=[authorization_code.NAME]))


def by_refresh_token(house: House) -> dict[str, Any]:
    party = house.party(grant_types=[authorization_code.NAME, refresh_token.NAME])
    first = tokens(party, "openid offline_access", prompt="consent")
    return _given(party, refresh_token.NAME, refresh_token=first["refresh_token"])


def by_client_credentials(house: House) -> dict[str, Any]:
    party = house.party(grant_types=[client_credentials.NAME], redirect_uris=[], response_types=[])
    return _given(party, client_credentials.NAME)


def by_device(house: House) -> dict[str, Any]:
    party = house.party(grant_types=[device_code.NAME], redirect_uris=[], response_types=[])
    begun = party.post("/device_authorization", {"scope": "openid"}).json()
    browser = house.signed_in[0]
    browser.open("/device")
    browser.submit(user_code=begun["user_code"])
    browser.submit(decision="allow")
    if browser.step == "consent":
        browser.agree()
    return _given(party, device_code.NAME, device_code=begun["device_code"])


def by_ciba(house: House) -> dict[str, Any]:
    party, begun = approved_elsewhere(house)
    return _given(party, ciba.NAME, auth_req_id=begun["auth_req_id"])


def by_exchange(house: House) -> dict[str, Any]:
    return exchanged(house, DELEGATION)


def by_assertion(house: House) -> dict[str, Any]:
    """Of somebody who lets the client act in their absence."""
    party = house.agreed_with
    first, now = tokens(party, "openid offline_access", prompt="consent"), int(time.time())
    claims = {
        "iss": AGREED, "sub": party.userinfo(first["access_token"]).json()["sub"], "aud": party.issuer,
        "jti": secrets.token_urlsafe(16), "iat": now, "exp": now + 60,
    }  # fmt: skip
    return _given(party, jwt_bearer.NAME, assertion=signed(key_of("EdDSA"), claims))


def by_browser(house: House) -> dict[str, Any]:
    party = house.party(grant_types=[IMPLICIT], response_types=["id_token token"])
    return dict(told(sent(party, response_type="id_token token"))[1])


GIVES = {
    authorization_code.NAME: by_code,
    refresh_token.NAME: by_refresh_token,
    client_credentials.NAME: by_client_credentials,
    device_code.NAME: by_device,
    ciba.NAME: by_ciba,
    token_exchange.NAME: by_exchange,
    jwt_bearer.NAME: by_assertion,
    IMPLICIT: by_browser,
}


def grant_type(house: House, name: str) -> None:
    assert GIVES[name](house)["access_token"]


def exchange_mode(house: House, mode: str) -> None:
    """RFC 8693 §1.1: who acts is told where it is delegated, and not where it is impersonated."""
    claims = jwt_claims(exchanged(house, mode)["access_token"])
    assert ("act" in claims) == (mode == DELEGATION)


def exchanged(house: House, mode: str) -> dict[str, Any]:
    """A client's own token for another one, as an operator lets it."""
    party = house.agreed_with
    form = {"subject_token": tokens(party)["access_token"], "subject_token_type": ACCESS_TOKEN}
    if mode == DELEGATION:
        form["actor_token"] = _given(party, client_credentials.NAME)["access_token"]
        form["actor_token_type"] = ACCESS_TOKEN
    return _given(party, token_exchange.NAME, **form)


def jwt_claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return found


def _given(party: KeyParty, name: str, **form: str) -> dict[str, Any]:
    answer = party.token(grant_type=name, **form)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


DRIVERS: Mapping[str, Driver] = {
    "grant_types_supported": grant_type,
    "token_exchange_modes_supported": exchange_mode,
}
