"""As much of an OpenID provider as a portal talks to, in memory; the person has always signed in already."""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ISSUER = "http://gapura.test"
CLAIMS = {
    "name": "Budi Santoso",
    "nik": "3171011785900001",
    "birthdate": "1990-05-17",
    "gender": "male",
    "address": {"formatted": "Jl. Melati 1, Jakarta"},
}


class SmallProvider:
    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})
        self.registrations: dict[str, dict[str, Any]] = {}
        self.requests: dict[str, dict[str, str]] = {}
        self.sid, self.sub = "sid-1", "sub-1"
        self.id_token_changes: dict[str, Any] = {}
        self.userinfo_changes: dict[str, Any] = {}
        self.away = False
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/jwks", self.jwks),
                Route("/register", self.register, methods=["POST"]),
                Route("/register/{client_id}", self.registration),
                Route("/token", self.token, methods=["POST"]),
                Route("/userinfo", self.userinfo),
            ]
        )

    async def discovery(self, _: Request) -> Response:
        if self.away:
            return Response(status_code=503)
        names = ("authorization", "token", "userinfo", "registration", "end_session")
        paths = ("authorize", "token", "userinfo", "register", "logout")
        endpoints = {f"{name}_endpoint": f"{ISSUER}/{path}" for name, path in zip(names, paths, strict=True)}
        algs = {"id_token_signing_alg_values_supported": ["RS256", "ES256"]}
        return JSONResponse({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", **endpoints, **algs})

    async def jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def register(self, request: Request) -> Response:
        client_id = f"client-{len(self.registrations) + 1}"
        answer = {
            **await request.json(),
            "client_id": client_id,
            "client_secret": secrets.token_urlsafe(),
            "registration_access_token": secrets.token_urlsafe(),
            "registration_client_uri": f"{ISSUER}/register/{client_id}",
        }
        self.registrations[client_id] = answer
        return JSONResponse(answer, 201)

    async def registration(self, request: Request) -> Response:
        known = self.registrations.get(request.path_params["client_id"])
        told = request.headers.get("authorization")
        if known is None or told != f"Bearer {known['registration_access_token']}":
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse(known)

    def agree(self, location: str) -> str:
        """What a person who agrees at `location`, the authorization request, is sent back to."""
        asked = dict(parse_qsl(urlsplit(location).query))
        code = secrets.token_urlsafe()
        self.requests[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}&iss={ISSUER}"

    async def token(self, request: Request) -> Response:
        async with request.form() as form:
            asked = self.requests.pop(str(form["code"]))
            verifier = str(form["code_verifier"])
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if challenge != asked["code_challenge"] or asked["code_challenge_method"] != "S256":
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": asked["client_id"], "sub": self.sub, "sid": self.sid, "nonce": asked["nonce"],
            "iat": now, "exp": now + 300, "auth_time": now, "acr": "urn:gapura:loa:substantial", "amr": ["pwd", "otp"],
            **self.id_token_changes,
        }  # fmt: skip
        answer = {"access_token": "at", "token_type": "Bearer", "id_token": self.sign(claims, "JWT")}
        return JSONResponse(answer)

    async def userinfo(self, _: Request) -> Response:
        return JSONResponse({"sub": self.sub, **CLAIMS, **self.userinfo_changes})

    def sign(self, claims: dict[str, Any], typ: str, **header: str) -> str:
        return jwt.encode({"alg": "ES256", "kid": self.key.kid or "", "typ": typ, **header}, claims, self.key)

    def logout_token(self, client_id: str, **changes: object) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": client_id, "sid": self.sid, "sub": self.sub, "iat": now, "exp": now + 120,
            "jti": secrets.token_urlsafe(), "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            **changes,
        }  # fmt: skip
        return self.sign({name: value for name, value in claims.items() if value is not None}, "logout+jwt")
