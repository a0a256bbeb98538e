"""A FAPI 2.0 client that pushes its requests (RFC 9126), plain or as signed request objects (RFC 9101)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
from joserfc.jwk import Key

from tests.conformance.dpop_party import DpopParty
from tests.conformance.key_party import signed
from tests.site import Browser

PAR = "/par"


@dataclass(slots=True)
class PushingParty(DpopParty):
    """`signs`: what it pushes is a request object."""

    signs: bool = False

    def params(self, **params: str | None) -> dict[str, str]:
        """Those of a plain request; of `params`, None leaves out."""
        scope = params.pop("scope", None) or "openid profile"
        return dict(parse_qsl(urlsplit(self.authorize_url(scope, **params)).query))

    def request_object(
        self, params: dict[str, Any], key: Key | None = None, alg: str | None = None, **claims: object
    ) -> str:
        """As the suite's first client makes it; of `claims`, None leaves out and `typ` goes into the header."""
        now, typ = int(time.time()), claims.pop("typ", None)
        whole = {
            **params,
            "iss": self.client_id,
            "aud": self.issuer,
            "nbf": now,
            "exp": now + 300,
            **claims,
        }
        kept = {name: value for name, value in whole.items() if value is not None}
        return signed(key or self.key, kept, alg=alg, typ=typ)

    def push(self, **params: str | None) -> httpx2.Response:
        asked = self.params(**params)
        return self.post(PAR, {"request": self.request_object(asked)} if self.signs else asked)

    def pushed(self, **params: str | None) -> str:
        """The request_uri of a request that was taken."""
        answer = self.push(**params)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["request_uri"])

    def visit(self, request_uri: str, **beside: str) -> str:
        """Where the browser is sent; `beside` stands in the query too."""
        query = {"client_id": self.client_id, "request_uri": request_uri, **beside}
        return f"/authorize?{urlencode(query)}"


def refused(answer: httpx2.Response) -> tuple[int, str]:
    """The status and error of a refusal by JSON."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["error"]


def turned_away(browser: Browser, address: str) -> tuple[int, str]:
    """An error page's status, or 303 with the error of the redirect."""
    page = browser.open(address)
    if browser.left_for is None:
        return page.status_code, ""
    answer = browser.answer()
    assert set(answer) <= {"error", "error_description", "state", "iss"}
    return 303, answer["error"]
