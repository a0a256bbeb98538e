"""An agency's app as plain HTTP: registers itself, sends people to /authorize, redeems codes."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

import httpx2

from tests.site.http import new_client

CALLBACK = "https://rp.example/callback"


@dataclass(slots=True)
class RelyingParty:
    """`registration` is the answer of the registration endpoint."""

    issuer: str
    registration: dict[str, Any]
    http: httpx2.Client = field(default_factory=new_client)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @classmethod
    def register(cls, issuer: str, initial_token: str | None = None, **metadata: object) -> Self:
        """`initial_token` makes it a client of the token's agency."""
        wanted = {
            "client_name": "Layanan Uji",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "id_token_signed_response_alg": "ES256",
            **metadata,
        }
        headers = {"Authorization": f"Bearer {initial_token}"} if initial_token else {}
        answer = new_client().post(f"{issuer}/register", json=wanted, headers=headers)
        assert answer.status_code == 201, answer.text
        return cls(issuer, answer.json())

    @property
    def client_id(self) -> str:
        return str(self.registration["client_id"])

    @property
    def auth(self) -> tuple[str, str]:
        return self.client_id, self.registration["client_secret"]

    def authorize_url(self, scope: str = "openid profile", **params: str | None) -> str:
        """`None` leaves a parameter out."""
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        )
        given = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.registration["redirect_uris"][0],
            "scope": scope,
            "state": "af0ifjsldkj",
            "nonce": "n-0S6_WzA2Mj",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **params,
        }
        return f"/authorize?{urlencode({k: v for k, v in given.items() if v is not None})}"

    def token(self, **form: str) -> httpx2.Response:
        return self.http.post(f"{self.issuer}/token", data=form, auth=self.auth)

    def redeem(self, code: str, **form: str) -> httpx2.Response:
        return self.token(**self.code_form(code) | form)

    def code_form(self, code: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.registration["redirect_uris"][0],
            "code_verifier": self.verifier,
        }

    def refresh(self, token: str, **form: str) -> httpx2.Response:
        return self.token(grant_type="refresh_token", refresh_token=token, **form)

    def userinfo(self, access_token: str) -> httpx2.Response:
        return self.http.get(f"{self.issuer}/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    def introspect(self, token: str) -> dict[str, Any]:
        answer = self.ask_about(token)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def ask_about(self, token: str) -> httpx2.Response:
        return self.http.post(f"{self.issuer}/introspect", data={"token": token}, auth=self.auth)
