"""What a module of the oidcc plans does again and again: registers itself, sends the person, reads the callback, redeems."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.conformance.key_party import KeyParty
from tests.site import Browser, RelyingParty, Site

CALLBACK = "https://suite.example/test/a/gapura/callback"
_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
ALL = ("birthdate", "gender", "address", "email", "phone")


@dataclass(slots=True)
class Callback:
    """What came back to the client, and by which way: query, fragment or form_post."""

    way: str
    params: dict[str, str]


@dataclass(slots=True)
class Module:
    """One variant of a plan: `response_type`, the default response mode or form_post, and how the client proves itself."""

    site: Site
    browser: Browser
    response_type: str = "code"
    form_post: bool = False
    auth_method: str = "client_secret_basic"
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def has_code(self) -> bool:
        return "code" in self.response_type.split()

    @property
    def has_token(self) -> bool:
        return "token" in self.response_type.split()

    @property
    def has_id_token(self) -> bool:
        return "id_token" in self.response_type.split()

    def client(self, **metadata: object) -> RelyingParty:
        """A new client as OIDCCCreateDynamicClientRegistrationRequest makes it."""
        grant_types = ["authorization_code"] * self.has_code
        grant_types += ["implicit"] * (self.has_id_token or self.has_token)
        wanted: dict[str, Any] = {
            "redirect_uris": [CALLBACK],
            "grant_types": grant_types,
            "response_types": [self.response_type],
            "token_endpoint_auth_method": self.auth_method,
            "id_token_signed_response_alg": "RS256",
            "contacts": ["certification@oidf.org"],
            **metadata,
        }
        if self.auth_method == "private_key_jwt":
            return KeyParty.by_key(self.site.url, "RS256", **wanted)
        return RelyingParty.register(self.site.url, **wanted)

    def url(self, party: RelyingParty, scope: str = "openid", **params: str | None) -> str:
        """An authorization request without PKCE, as all but one module send it."""
        given = {"nonce": self.nonce, "code_challenge": None, "code_challenge_method": None, **params}
        mode = "form_post" if self.form_post else None
        return party.authorize_url(
            scope, **{"response_type": self.response_type, "response_mode": mode} | given
        )

    def authorize(self, party: RelyingParty, scope: str = "openid", **params: str | None) -> Callback:
        """Go through sign-in and consent, where they are asked for."""
        self.browser.open(self.url(party, scope, **params))
        return self.through()

    def through(self) -> Callback:
        if self._is_on("sign_in"):
            self.browser.sign_in()
        if self._is_on("consent"):
            self.browser.agree(*ALL)
        return self.callback()

    def _is_on(self, step: str) -> bool:
        return self.browser.left_for is None and self.browser.step == step

    def callback(self) -> Callback:
        if self.browser.left_for is None:
            return Callback("form_post", posted(self.browser.page.text, CALLBACK))
        parts = urlsplit(self.browser.left_for)
        way, answered = ("fragment", parts.fragment) if parts.fragment else ("query", parts.query)
        assert answered is parts.query or not {"code", "error", "state"} & dict(parse_qsl(parts.query)).keys()
        return Callback(way, dict(parse_qsl(answered, keep_blank_values=True)))

    @property
    def way(self) -> str:
        """By which way a good answer, and an error, must come."""
        if self.form_post:
            return "form_post"
        return "query" if self.response_type == "code" else "fragment"

    def redeem(self, party: RelyingParty, callback: Callback, **form: str) -> httpx2.Response:
        given = {
            "grant_type": "authorization_code",
            "code": callback.params["code"],
            "redirect_uri": CALLBACK,
        }
        if self.auth_method == "client_secret_post":
            given |= {"client_id": party.client_id, "client_secret": party.registration["client_secret"]}
            return party.http.post(f"{party.issuer}/token", data=given | form)
        return party.token(**given | form)

    def tokens(self, party: RelyingParty, callback: Callback) -> dict[str, Any]:
        """What the flow yields in the end: of the token endpoint, or of the callback where there is no code."""
        if not self.has_code:
            return dict(callback.params)
        answer = self.redeem(party, callback)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        found: dict[str, Any] = answer.json()
        return found

    def claims(self, id_token: str, alg: str = "RS256") -> dict[str, Any]:
        """The claims of an ID token whose signature was checked by the key that its `kid` names."""
        keys = self.browser.http.get(f"{self.site.url}/jwks").json()["keys"]
        named = [key for key in keys if key["kid"] == jwt_header(id_token)["kid"]]
        assert len(named) == 1
        assert jwt_header(id_token)["alg"] == alg
        read = jwt.decode(id_token, KeySet.import_key_set({"keys": named}), algorithms=[alg])
        found: dict[str, Any] = read.claims
        return found

    def flow(self, party: RelyingParty, scope: str = "openid", **params: str | None) -> dict[str, Any]:
        """A whole sign-in, its answer looked at as every module does; `id_token_claims` is added to what it yields."""
        callback = self.authorize(party, scope, **params)
        self.check(party, callback, params.get("nonce", self.nonce), params.get("state", "af0ifjsldkj"))
        tokens = self.tokens(party, callback)
        claims = self.claims(tokens.get("id_token") or callback.params["id_token"])
        if self.has_id_token and self.has_code:
            assert self.claims(callback.params["id_token"])["sub"] == claims["sub"]
        if "access_token" in tokens:
            assert party.userinfo(tokens["access_token"]).status_code == 200
        return tokens | {"id_token_claims": claims}

    def check(self, party: RelyingParty, callback: Callback, nonce: str | None, state: str | None) -> None:
        assert callback.way == self.way
        assert "error" not in callback.params, callback.params
        assert callback.params.get("state") == state
        assert callback.params["iss"] == self.site.url
        assert ("code" in callback.params) == self.has_code
        assert ("access_token" in callback.params) == self.has_token
        assert ("id_token" in callback.params) == self.has_id_token
        if self.has_token:
            assert callback.params["token_type"] == "Bearer"
            assert int(callback.params["expires_in"]) > 0
            assert party.userinfo(callback.params["access_token"]).status_code == 200
        if self.has_id_token:
            claims = self.claims(callback.params["id_token"])
            assert claims["aud"] == party.client_id
            assert claims.get("nonce") == nonce
            for name, text in (("at_hash", "access_token"), ("c_hash", "code")):
                assert claims.get(name) == half_hash(callback.params.get(text))

    def refused(self, party: RelyingParty, **params: Any) -> dict[str, str]:
        """The error that comes back, in its place and with nothing beside it."""
        callback = self.authorize(party, **params)
        assert callback.way == self.way
        assert set(callback.params) <= {"error", "error_description", "state", "iss", "session_state"}
        return callback.params

    def error_page(self, address: str) -> httpx2.Response:
        """A page that stays here: nothing goes to an address that isn't proven."""
        page = self.browser.open(address)
        assert self.browser.left_for is None
        assert page.status_code == 400
        assert page.headers["content-type"].startswith("text/html")
        return page


def posted(page: str, action: str) -> dict[str, str]:
    """What the page of Form Post Response Mode posts to `action`."""
    assert f'action="{action}' in page, page[-1500:]
    form = page.split('id="answer"')[1].split("</form>", maxsplit=1)[0]
    return {name: unescape(value) for name, value in _FIELD.findall(form)}


def jwt_header(token: str) -> dict[str, Any]:
    return _json(token.split(".", maxsplit=1)[0])


def _json(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def half_hash(text: str | None) -> str | None:
    """`at_hash` and `c_hash` of RS256 (OpenID Connect Core §3.3.2.11)."""
    if text is None:
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).rstrip(b"=").decode()
