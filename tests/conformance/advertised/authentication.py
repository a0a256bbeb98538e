"""How clients prove themselves, by each method and algorithm at each endpoint that says so."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import httpx2
from joserfc.jwk import OctKey

from gapura.protocol.algorithms import SECRET_ALGS
from gapura.protocol.auth_methods import (
    BASIC,
    BY_CERTIFICATE,
    CLIENT_SECRET_JWT,
    NONE,
    POST,
    PRIVATE_KEY_JWT,
    READ_SECRETS,
    SELF_SIGNED_TLS_CLIENT_AUTH,
    TLS_CLIENT_AUTH,
)
from gapura.protocol.endpoints import PATHS
from tests.conformance.advertised.house import Driver, House, asked, sent, tokens, told
from tests.conformance.key_party import ASSERTION_TYPE, KeyParty, signed
from tests.conformance.mtls_party import jwk_of
from tests.site import Identity
from tests.site.certificates import trusting
from tests.site.http import new_client

Form: TypeAlias = dict[str, str]


@dataclass(slots=True)
class Proving(KeyParty):
    """A client that proves itself by `method`; `origin` is where it calls."""

    method: str = NONE
    alg: str | None = None
    origin: str = ""
    proves: bool = True

    def post(self, endpoint: str, form: Form, **headers: str) -> httpx2.Response:
        basic: dict[str, Any] = {"auth": self.auth} if self.method == BASIC and self.proves else {}
        proof = self.proof_of_client() if self.proves else {"client_id": self.client_id}
        return self.http.post(f"{self.origin}{endpoint}", data={**proof, **form}, headers=headers, **basic)

    def token(self, **form: str) -> httpx2.Response:
        return self.post("/token", form)

    def proof_of_client(self, **_: object) -> Form:
        return PROOFS[self.method](self)


def _assertion(party: Proving) -> Form:
    now, key = int(time.time()), party.key
    if party.method in READ_SECRETS:
        key = OctKey.import_key(party.registration["client_secret"])
    claims = {
        "iss": party.client_id, "sub": party.client_id, "aud": party.issuer,
        "jti": secrets.token_urlsafe(16), "iat": now, "exp": now + 60,
    }  # fmt: skip
    text = signed(key, claims, alg=party.alg, kid=party.key.kid if key is party.key else None)
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": text}


PROOFS: Mapping[str, Callable[[Proving], Form]] = {
    BASIC: lambda _: {},
    POST: lambda party: {
        "client_id": party.client_id,
        "client_secret": party.registration["client_secret"],
    },
    CLIENT_SECRET_JWT: _assertion,
    PRIVATE_KEY_JWT: _assertion,
    TLS_CLIENT_AUTH: lambda party: {"client_id": party.client_id},
    SELF_SIGNED_TLS_CLIENT_AUTH: lambda party: {"client_id": party.client_id},
    NONE: lambda party: {"client_id": party.client_id},
}


def proving(house: House, method: str, alg: str | None = None) -> Proving:
    if method in BY_CERTIFICATE:
        return _by_certificate(house, method)
    if alg is None and PROOFS[method] is _assertion:
        alg = SECRET_ALGS[0] if method in READ_SECRETS else "ES256"
    metadata: dict[str, Any] = {"token_endpoint_auth_method": method}
    if alg is not None:
        metadata["token_endpoint_auth_signing_alg"] = alg
    if method == NONE:
        metadata["grant_types"] = ["authorization_code"]
    key_alg = alg if method == PRIVATE_KEY_JWT and alg is not None else "ES256"
    party = house.party_of(Proving, alg=key_alg, **metadata)
    party.method, party.alg, party.origin = method, alg, house.site.url
    return party


def _by_certificate(house: House, method: str) -> Proving:
    assert house.site.tls is not None
    by_authority = method == TLS_CLIENT_AUTH
    name = f"klien {secrets.token_hex(4)}"
    identity = Identity.new(house.folder, name, issuer=house.authority if by_authority else None)
    named: dict[str, Any] = {"jwks": {"keys": [jwk_of(identity)]}}
    if by_authority:
        named = {"tls_client_auth_subject_dn": f"CN={name}", "jwks": None}
    party = house.party_of(Proving, token_endpoint_auth_method=method, **named)
    party.method = method
    party.origin = house.metadata["mtls_endpoint_aliases"]["token_endpoint"].removesuffix("/token")
    party.http = new_client(verify=trusting(house.site.tls, identity))
    return party


# --- what a client does at each endpoint ---


def at_token(party: Proving) -> httpx2.Response:
    return party.redeem(told(sent(party))[1]["code"])


def at_introspection(party: Proving) -> httpx2.Response:
    return party.post("/introspect", {"token": "unknown"})


def at_revocation(party: Proving) -> httpx2.Response:
    return party.post("/revoke", {"token": "unknown"})


def at_par(party: Proving) -> httpx2.Response:
    return party.post("/par", asked(party))


# RFC 9126 §2: a request is pushed by the methods of the token endpoint.
AT: Mapping[str, tuple[Callable[[Proving], httpx2.Response], ...]] = {
    "token_endpoint": (at_token, at_par),
    "introspection_endpoint": (at_introspection,),
    "revocation_endpoint": (at_revocation,),
}


def method_at(endpoint: str, house: House, method: str) -> None:
    _is_let_in(endpoint, proving(house, method))


def alg_at(endpoint: str, house: House, alg: str) -> None:
    method = CLIENT_SECRET_JWT if alg in SECRET_ALGS else PRIVATE_KEY_JWT
    _is_let_in(endpoint, proving(house, method, alg))


def _is_let_in(endpoint: str, party: Proving) -> None:
    """With its proof, and not without."""
    for ask in AT[endpoint]:
        answer = ask(party)
        assert answer.status_code in {200, 201}, answer.text
    if party.method == NONE or party.method in BY_CERTIFICATE:
        return
    party.proves = False
    form = {"grant_type": "client_credentials", "token": "unknown"}
    refused = party.post(PATHS[endpoint], form)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def certificate_bound(house: House, is_supported: bool) -> None:
    """RFC 8705 §3: the token is good with the certificate, and nothing without."""
    assert is_supported
    assert house.site.tls is not None
    identity = Identity.new(house.folder, "pengikat", issuer=house.authority)
    party = house.party_of(Proving, tls_client_certificate_bound_access_tokens=True)
    party.method, party.alg = PRIVATE_KEY_JWT, "ES256"
    party.origin = house.metadata["mtls_endpoint_aliases"]["token_endpoint"].removesuffix("/token")
    party.http = new_client(verify=trusting(house.site.tls, identity))
    bearer = {"Authorization": f"Bearer {tokens(party)['access_token']}"}
    url = house.metadata["mtls_endpoint_aliases"]["userinfo_endpoint"]
    assert party.http.get(url, headers=bearer).status_code == 200
    assert house.http.get(url, headers=bearer).status_code == 401


DRIVERS: Mapping[str, Driver] = {
    **{f"{endpoint}_auth_methods_supported": partial(method_at, endpoint) for endpoint in AT},
    **{f"{endpoint}_auth_signing_alg_values_supported": partial(alg_at, endpoint) for endpoint in AT},
    "tls_client_certificate_bound_access_tokens": certificate_bound,
}
