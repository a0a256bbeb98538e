"""A client that proves itself by keys, as the suite's FAPI modules do: registers itself, signs, follows forms."""

from __future__ import annotations

import json
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2
from joserfc.jwk import ECKey, Key, KeyParameters, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from tests.site import Browser, RelyingParty

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def new_key(alg: str = "ES256") -> Key:
    parameters: KeyParameters = {"kid": secrets.token_hex(4), "use": "sig", "alg": alg}
    if alg in {"PS256", "RS256"}:
        return RSAKey.generate_key(2048, parameters, auto_kid=False)
    if alg == "EdDSA":
        return OKPKey.generate_key("Ed25519", parameters)
    return ECKey.generate_key("P-256", parameters)


def signed(key: Key, claims: dict[str, Any], *, alg: str | None = None, **header: object) -> str:
    """A JWT by `key`, whatever its header says; a member of None is left out."""
    named: str = alg or key.alg or ""
    whole = {"alg": named, "kid": key.kid, **header}
    head = _part({name: value for name, value in whole.items() if value is not None}) + "." + _part(claims)
    signature = JWSRegistry.algorithms[named].sign(head.encode(), key)
    return f"{head}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _part(members: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


@dataclass(slots=True)
class KeyParty(RelyingParty):
    """A client by `private_key_jwt`; `key` signs its assertions. One that is public only says who it is."""

    key: Key = field(default_factory=new_key)
    is_public: bool = False

    @classmethod
    def by_key(cls, issuer: str, alg: str = "ES256", **metadata: object) -> Self:
        key = new_key(alg)
        by_key: dict[str, Any] = {
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": alg,
            "id_token_signed_response_alg": alg,
            "jwks": {"keys": [key.as_dict(private=False)]},
        }
        party = cls.register(issuer, **by_key | metadata)
        party.key = key
        return party

    def assertion(self, *, alg: str | None = None, **claims: object) -> str:
        """`claims` take the place of the usual ones; None leaves one out."""
        now = int(time.time())
        whole = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "nbf": now,
            "exp": now + 60,
            **claims,
        }
        kept = {name: value for name, value in whole.items() if value is not None}
        return signed(self.key, kept, alg=alg)

    def proof_of_client(self, **claims: Any) -> dict[str, str]:
        """The form parameters that prove who asks."""
        if self.is_public:
            return {"client_id": self.client_id}
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion(**claims)}

    def post(self, endpoint: str, form: dict[str, str], **headers: str) -> httpx2.Response:
        """As this client; what `form` says itself of the client's proof stands."""
        return self.http.post(
            f"{self.issuer}{endpoint}", data={**self.proof_of_client(), **form}, headers=headers
        )

    def token(self, **form: str) -> httpx2.Response:
        return self.post("/token", form)

    def ask_about(self, token: str) -> httpx2.Response:
        return self.post("/introspect", {"token": token})


def signed_in(
    browser: Browser, address: str, decision: str = "allow", attributes: tuple[str, ...] = ()
) -> dict[str, str]:
    """Go where the client sends the person, sign in and answer the consent page where they are asked."""
    browser.open(address)
    if browser.left_for is None and browser.step == "sign_in":
        browser.sign_in()
    if browser.left_for is None:
        browser.agree(*attributes, decision=decision)
    return browser.answer()
