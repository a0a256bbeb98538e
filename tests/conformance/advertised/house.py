"""The site with its surroundings, and clients that sign a person in without a browser."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx2
from joserfc.jwk import ECKey, JWKRegistry, Key, RSAKey
from joserfc.jws import JWSRegistry

from gapura.protocol.grants import GRANTS
from gapura.values import SUBSTANTIAL
from tests.conformance.key_party import KeyParty, new_key, signed_in
from tests.conformance.oidcc import jwt_header, posted
from tests.conformance.suite import Suite
from tests.site import Browser, Identity, Site
from tests.site.browser import BUDI
from tests.site.http import new_client
from tests.site.ping_receiver import PingReceiver

Party = TypeVar("Party", bound=KeyParty)
READS: dict[str, Key] = {
    "RSA": RSAKey.generate_key(2048, {"kid": "reads-rsa", "use": "enc"}, auto_kid=False),
    "EC": ECKey.generate_key("P-256", {"kid": "reads-ec", "use": "enc"}),
}
"""The keys to which something is encrypted for a client."""

AGREED = "https://idp.example"
key_of = cache(new_key)


@dataclass
class House:
    """`authority` issues certificates of clients; `folder` is for files."""

    site: Site
    suite: Suite
    pings: PingReceiver
    authority: Identity
    folder: Path
    http: httpx2.Client = field(default_factory=new_client)

    @cached_property
    def metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"{self.site.url}/.well-known/openid-configuration").json()
        return found

    @cached_property
    def keys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get(self.metadata["jwks_uri"]).json()["keys"]
        return found

    @cached_property
    def signed_in(self) -> tuple[Browser, KeyParty]:
        """A browser whose person has agreed to that client."""
        browser, party = Browser(self.site.url), self.party()
        assert signed_in(browser, party.authorize_url("openid"))["code"]
        return browser, party

    def party(self, alg: str = "ES256", **metadata: Any) -> KeyParty:
        return self.party_of(KeyParty, alg, **metadata)

    def party_of(self, kind: type[Party], alg: str = "ES256", **metadata: Any) -> Party:
        """A client by `private_key_jwt` with a key of `alg`, and keys to which one can encrypt."""
        key = key_of(alg)
        public = [one.as_dict(private=False) for one in (key, *READS.values())]
        party = kind.register(
            self.site.url,
            **{"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": public}} | metadata,
        )
        party.key = key
        return party

    @cached_property
    def plain(self) -> KeyParty:
        """A client that registered nothing special."""
        return self.party()

    @cached_property
    def agreed_with(self) -> KeyParty:
        """A client with all that operators alone may agree on: it exchanges tokens, and `AGREED` speaks for people."""
        file = self.folder / "metadata.json"
        whole = {
            "client_name": "Menurut Perjanjian",
            "redirect_uris": ["https://rp.example/callback"],
            "grant_types": list(GRANTS),
            "response_types": ["code"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [key_of("ES256").as_dict(private=False)]},
            "token_exchange": self.metadata["token_exchange_modes_supported"],
            "jwt_bearer_issuer": AGREED,
            "jwt_bearer_jwks": {"keys": [key_of("EdDSA").as_dict(private=False)]},
        }
        file.write_text(json.dumps(whole))
        done = subprocess.run(
            [sys.executable, "-m", "gapura", "client", "add", "sandbox", str(file)],
            env=self.site.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        registration = {"client_id": done.stdout.split()[1], "redirect_uris": whole["redirect_uris"]}
        return KeyParty(self.site.url, registration, key=key_of("ES256"))

    def judged(self, text: str, alg: str) -> dict[str, Any]:
        """The claims of what we signed by `alg` and the key that it names."""
        (named,) = (key for key in self.keys if key["kid"] == jwt_header(text)["kid"])
        assert jwt_header(text)["alg"] == alg
        said, _, signature = text.rpartition(".")
        key = JWKRegistry.import_key(named)
        assert JWSRegistry.algorithms[alg].verify(said.encode(), urlsafe_b64decode(signature + "=="), key)
        found: dict[str, Any] = json.loads(urlsafe_b64decode(said.split(".")[1] + "=="))
        return found


Driver: TypeAlias = Callable[[House, Any], None]


def asked(party: KeyParty, scope: str = "openid", **params: str | None) -> dict[str, str]:
    """The parameters of an authorization request; None leaves one out."""
    return dict(parse_qsl(urlsplit(party.authorize_url(scope, **params)).query))


def sent(party: KeyParty, scope: str = "openid", **params: str | None) -> httpx2.Response:
    """The authorization response for Budi at the second level, who agrees to all."""
    person = {"nik": BUDI, "level": SUBSTANTIAL, "decision": "allow"}
    return party.post("/sandbox/sign-in", {**asked(party, scope, **params), **person})


def told(answer: httpx2.Response) -> tuple[str, dict[str, str]]:
    """By which way the client is told, and what."""
    if answer.status_code == 200:
        return "form_post", posted(answer.text, "https://rp.example/callback")
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.headers["location"])
    assert not (parts.query and parts.fragment)
    way = "fragment" if parts.fragment else "query"
    return way, dict(parse_qsl(getattr(parts, way), strict_parsing=True))


def tokens(party: KeyParty, scope: str = "openid", **params: str | None) -> dict[str, Any]:
    """Those of a code that was asked for so."""
    answer = party.redeem(told(sent(party, scope, **params))[1]["code"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
