"""Algorithms of what we sign and of what clients sign."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

from gapura.protocol.introspection import TYP as INTROSPECTION
from gapura.protocol.profiles import CIBA
from tests.conformance.advertised.house import Driver, House, asked, key_of, sent, tokens, told
from tests.conformance.advertised.requests import request_object
from tests.conformance.dpop_party import DpopParty
from tests.conformance.key_party import KeyParty, new_key, signed
from tests.site.browser import BUDI

Read: TypeAlias = Callable[[KeyParty], str]


def id_token(party: KeyParty) -> str:
    return str(tokens(party)["id_token"])


def userinfo(party: KeyParty) -> str:
    answer = party.userinfo(tokens(party)["access_token"])
    assert answer.headers["content-type"] == "application/jwt"
    return answer.text


def introspection(party: KeyParty) -> str:
    media_type = f"application/{INTROSPECTION}"
    form = {"token": tokens(party)["access_token"]}
    answer = party.post("/introspect", form, Accept=media_type)
    assert answer.headers["content-type"] == media_type
    return answer.text


def authorization(party: KeyParty) -> str:
    return told(sent(party, response_mode="jwt"))[1]["response"]


# What we sign for clients: the name in the metadata, the name in a registration, how to get one.
SIGNED: Mapping[str, tuple[str, Read]] = {
    "id_token": ("id_token", id_token),
    "userinfo": ("userinfo", userinfo),
    "introspection": ("introspection", introspection),
    "authorization": ("authorization", authorization),
}


def by_us(registered: str, read: Read, house: House, alg: str) -> None:
    party = house.party(**{f"{registered}_signed_response_alg": alg})
    assert house.judged(read(party), alg)["iss"] == house.metadata["issuer"]


def request_object_alg(house: House, alg: str) -> None:
    """By a client's key; `none` is taken as it stands in Core §6.1."""
    party = house.party(alg="ES256" if alg == "none" else alg, request_object_signing_alg=alg)
    params = asked(party, nonce="inside")
    text = unsigned(params) if alg == "none" else request_object(party, params)
    got = tokens(party, request=text)
    assert house.judged(got["id_token"], "ES256")["nonce"] == "inside"


def unsigned(claims: dict[str, str]) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts), ""])


def backchannel_request_alg(house: House, alg: str) -> None:
    party = house.party(
        alg=alg, grant_types=[CIBA], backchannel_authentication_request_signing_alg=alg, redirect_uris=[],
        response_types=[],
    )  # fmt: skip
    now = int(time.time())
    claims = {
        "scope": "openid", "login_hint": BUDI, "binding_message": "1234", "iss": party.client_id,
        "aud": party.issuer, "iat": now, "nbf": now, "exp": now + 300, "jti": secrets.token_urlsafe(16),
    }  # fmt: skip
    answer = party.post("/backchannel-authentication", {"request": signed(party.key, claims)})
    assert answer.status_code == 200, answer.text
    assert answer.json()["auth_req_id"]


def dpop_alg(house: House, alg: str) -> None:
    """A token that this kind of key binds opens nothing by another key."""
    party = house.party_of(DpopParty, dpop_bound_access_tokens=True)
    party.bound = key_of(alg)
    got = tokens(party)
    assert got["token_type"] == "DPoP"
    assert party.userinfo(got["access_token"]).status_code == 200
    party.bound = new_key(alg)
    assert party.userinfo(got["access_token"]).status_code == 401


DRIVERS: Mapping[str, Driver] = {
    **{
        f"{name}_signing_alg_values_supported": partial(by_us, registered, read)
        for name, (registered, read) in SIGNED.items()
    },
    "request_object_signing_alg_values_supported": request_object_alg,
    "backchannel_authentication_request_signing_alg_values_supported": backchannel_request_alg,
    "dpop_signing_alg_values_supported": dpop_alg,
}
