"""A client whose tokens are bound to a key by DPoP (RFC 9449), as the suite's FAPI modules are."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2
from joserfc.jwk import Key

from tests.conformance.key_party import KeyParty, new_key, signed

Claims = dict[str, Any]


def token_hash(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def proof(key: Key, method: str, url: str, *, token: str | None = None, **changes: object) -> str:
    """`changes` take the place of the usual claims, those of the header where they begin with `header_`; None leaves out."""
    claims: Claims = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": int(time.time())}
    if token is not None:
        claims["ath"] = token_hash(token)
    header: Claims = {"typ": "dpop+jwt", "jwk": bare(key), "kid": None}
    for name, value in changes.items():
        in_header = name.startswith("header_")
        (header if in_header else claims)[name.removeprefix("header_")] = value
    kept = {name: value for name, value in claims.items() if value is not None}
    return signed(key, kept, **header)


def bare(key: Key) -> Claims:
    """Of the public key what RFC 7638 counts."""
    public = key.as_dict(private=False)
    return {name: public[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in public}


@dataclass(slots=True)
class DpopParty(KeyParty):
    """`bound` is the key of its proofs, `nonce` the one that the server gave last."""

    bound: Key = field(default_factory=new_key)
    nonce: str | None = None

    @classmethod
    def fapi2(cls, issuer: str, alg: str = "ES256", **metadata: object) -> Self:
        """A FAPI 2.0 client whose access tokens DPoP binds."""
        return cls.by_key(issuer, alg, security_profile="fapi2", dpop_bound_access_tokens=True, **metadata)

    @property
    def jkt(self) -> str:
        return self.bound.thumbprint()

    def proven(self, endpoint: str, form: dict[str, str], **changes: object) -> httpx2.Response:
        """Post with a proof; once more where the server asks for a nonce."""
        return self._with_nonce(
            lambda: self.post(
                endpoint, form, DPoP=self._proof("POST", f"{self.issuer}{endpoint}", None, changes)
            )
        )

    def token(self, **form: str) -> httpx2.Response:
        return self.proven("/token", form)

    def userinfo(self, access_token: str, scheme: str = "DPoP", **changes: object) -> httpx2.Response:
        url = f"{self.issuer}/userinfo"
        return self._with_nonce(
            lambda: self.http.get(
                url,
                headers={
                    "Authorization": f"{scheme} {access_token}",
                    "DPoP": self._proof("GET", url, access_token, changes),
                },
            )
        )

    def _proof(self, method: str, url: str, token: str | None, changes: Claims) -> str:
        return proof(self.bound, method, url, token=token, **{"nonce": self.nonce, **changes})

    def _with_nonce(self, send: Callable[[], httpx2.Response]) -> httpx2.Response:
        answer = send()
        if "DPoP-Nonce" in answer.headers:
            self.nonce = answer.headers["DPoP-Nonce"]
            if asks_for_nonce(answer):
                answer = send()
        return answer


def asks_for_nonce(answer: httpx2.Response) -> bool:
    if answer.status_code == 400:
        return bool(answer.json()["error"] == "use_dpop_nonce")
    return answer.status_code == 401 and 'error="use_dpop_nonce"' in answer.headers["WWW-Authenticate"]
