"""What a client of the profile FAPI 2.0 sends: signed requests, pushed; assertions; proofs of its key.

Each is made afresh, with a `jti` of its own, before anything is measured.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from bench.calls import CODE, MEMBER, SCOPE
from bench.load import Call
from bench.targets import Target
from tests.conformance.dpop_party import proof
from tests.conformance.pushing_party import PushingParty


def push(target: Target) -> Call:
    """PAR, by private_key_jwt: a request object that names the key of the code's redemption."""
    party = _party(target)
    asked = party.params(scope=SCOPE, dpop_jkt=party.jkt)
    form = party.proof_of_client() | {"request": party.request_object(asked, jti=secrets.token_urlsafe(16))}
    kept = {"request_uri": MEMBER % "request_uri"}
    return Call("POST", target.paths["push"], {}, urlencode(form), want=201, keep=kept)


def authorize(target: Target) -> Call:
    """With a session, by what was pushed before."""
    address = f"{target.paths['authorize']}?client_id={_party(target).client_id}&request_uri=@request_uri@"
    return Call("GET", address, {"cookie": target.cookie}, want=303, keep={"code": CODE})


def redeem(target: Target, *keep: str) -> Call:
    party = _party(target)
    form = urlencode(party.proof_of_client() | party.code_form("@code@")).replace("%40", "@")
    headers = {"dpop": proof(party.bound, "POST", target.url + target.paths["token"])}
    return Call("POST", target.paths["token"], headers, form, keep={name: MEMBER % name for name in keep})


def userinfo(target: Target, kept: Mapping[str, str]) -> Call:
    """With a proof for the access token that was kept (RFC 9449 §7)."""
    path, token = target.paths["userinfo"], kept["access_token"]
    proven = proof(_party(target).bound, "GET", target.url + path, token=token)
    return Call("GET", path, {"authorization": f"DPoP {token}", "dpop": proven})


def _party(target: Target) -> PushingParty:
    assert target.strong is not None, f"{target.name} has no client of the profile"
    return target.strong
