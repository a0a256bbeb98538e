"""A relying party in Python, with Authlib: sign in, claims, refresh, sign out. See README.md."""

import json
import os
import secrets
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.jwk import KeySet

ISSUER, PORT = os.environ["GAPURA"], int(os.environ.get("PORT", "9000"))
CALLBACK = f"http://localhost:{PORT}/callback"
SIGNED_OUT = f"http://localhost:{PORT}/signed-out"


visited: list[str] = []


class Visit(BaseHTTPRequestHandler):
    """The browser comes back; what counts is the address."""

    def do_GET(self) -> None:
        visited.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"You may close this window.\n")

    def log_message(self, *_: object) -> None:
        """Addresses with codes in them belong in no log."""


def visit(server: HTTPServer, path: str) -> str:
    """The whole address by which the browser comes to `path`."""
    while not visited or visited[-1].split("?")[0] != path:
        server.handle_request()
    return f"http://localhost:{PORT}{visited[-1]}"


def say(what: str, value: object) -> None:
    print(f"{what}: {value if isinstance(value, str) else json.dumps(value)}", flush=True)


def claims_of(id_token: str, nonce: str, keys: KeySet, client_id: str) -> dict[str, Any]:
    """OpenID Connect Core §3.1.3.7."""
    claims = jwt.decode(id_token, keys, algorithms=["ES256"]).claims
    jwt.JWTClaimsRegistry(
        leeway=10,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        nonce={"essential": True, "value": nonce},
    ).validate(claims)
    return claims


def main() -> None:
    with OAuth2Client(
        os.environ["CLIENT_ID"],
        os.environ["CLIENT_SECRET"],
        scope="openid profile offline_access",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    ) as client:
        about = httpx2.get(f"{ISSUER}/.well-known/openid-configuration").json()
        server = HTTPServer(("localhost", PORT), Visit)

        # In a web app these three live in the browser's session, not in the process.
        nonce, verifier = secrets.token_urlsafe(), secrets.token_urlsafe(48)
        address, state = client.create_authorization_url(
            about["authorization_endpoint"], code_verifier=verifier, nonce=nonce, prompt="consent"
        )
        say("Sign in", address)
        answer = visit(server, "/callback")
        if parse_qs(urlsplit(answer).query).get("iss") != [ISSUER]:  # RFC 9207
            raise SystemExit("the answer is not the issuer's")

        token = client.fetch_token(
            about["token_endpoint"],
            authorization_response=answer,
            state=state,
            code_verifier=verifier,
        )
        keys = KeySet.import_key_set(httpx2.get(about["jwks_uri"]).json())
        say("ID token", claims_of(token["id_token"], nonce, keys, client.client_id))
        say("Userinfo", client.get(about["userinfo_endpoint"]).json())

        id_token = token["id_token"]
        client.refresh_token(about["token_endpoint"])  # keeps the new refresh token in place of the old one
        say("Refreshed", client.get(about["userinfo_endpoint"]).json())

        leave = {"id_token_hint": id_token, "post_logout_redirect_uri": SIGNED_OUT, "state": state}
        say("Sign out", f"{about['end_session_endpoint']}?{urlencode(leave)}")
        visit(server, "/signed-out")
        say("Signed out", "good-bye")


if __name__ == "__main__":
    main()
