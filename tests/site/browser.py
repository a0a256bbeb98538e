"""A person at a browser without JavaScript: follows links and redirects, fills in forms, keeps cookies."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

from gapura.identity.factors.totp import code_of, step_at
from gapura.values import Secret
from tests.site.http import new_client

PASSWORD = "Gerbang-Terbuka-1945"
BUDI, SITI = "3171011785900001", "3171015790920002"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_ACTION = re.compile(r'<form action="([^"]+)" method="post"(?! class="gapura-language)')


@dataclass(slots=True)
class Browser:
    """`page` is what is shown now. Redirects that leave `origin` are not followed: `left_for` holds them."""

    origin: str
    http: httpx2.Client = field(init=False)
    page: httpx2.Response = field(init=False)
    left_for: str | None = None

    def __post_init__(self) -> None:
        self.http = new_client(headers={"Accept-Language": "id"})

    def open(self, address: str) -> httpx2.Response:
        return self._follow(self.http.get(urljoin(self.origin, address)))

    def post(self, address: str, fields: Mapping[str, str | list[str]]) -> httpx2.Response:
        return self._follow(self.http.post(urljoin(str(self.page.url), address), data=dict(fields)))

    def submit(self, **fields: str | list[str]) -> httpx2.Response:
        """Post the page's main form with its hidden fields."""
        return self.post(*self.filled(**fields))

    def filled(self, **fields: str | list[str]) -> tuple[str, dict[str, str | list[str]]]:
        """Where the page's main form goes, and all that it posts."""
        form = re.split(r"<main", self.page.text, maxsplit=1)[-1]
        action = _ACTION.search(form)
        assert action is not None, f"no form on {self.page.url}: {self.page.text[:400]}"
        hidden = {
            name: unescape(value)
            for name, value in _HIDDEN.findall(form[action.start() :].split("</form>")[0])
        }
        return urljoin(str(self.page.url), unescape(action[1])), {**hidden, **fields}

    def sign_in(self, identifier: str = BUDI, password: str = PASSWORD) -> httpx2.Response:
        """Password, and the code where one is asked for."""
        self.submit(identifier=identifier, password=password)
        if 'name="otp"' in self.page.text and self.left_for is None:
            self.submit(otp=fresh_code())
        return self.page

    def agree(self, *attributes: str, decision: str = "allow") -> httpx2.Response:
        return self.submit(decision=decision, attribute=list(attributes) if attributes else [])

    @property
    def step(self) -> str:
        """Which step of an interaction the page is for."""
        found = re.search(r'name="step" value="([^"]+)"', self.page.text)
        return found[1] if found else ""

    def answer(self) -> dict[str, str]:
        """The parameters with which the browser was sent back to the client."""
        assert self.left_for is not None, f"still at {self.page.url}: {self.page.text[-1500:]}"
        return {name: values[0] for name, values in parse_qs(urlsplit(self.left_for).query).items()}

    def _follow(self, response: httpx2.Response) -> httpx2.Response:
        self.left_for = None
        while response.is_redirect:
            target = urljoin(str(response.url), response.headers["location"])
            if not target.startswith(self.origin + "/"):
                self.left_for = target
                break
            response = self.http.get(target)
        self.page = response
        return response


_last_step = 0


def fresh_code() -> str:
    """A code that was not used before.

    The window takes the steps before and after this one too, so that three sign-ins need no waiting.
    """
    global _last_step  # noqa: PLW0603 -- one authenticator app
    while _last_step > step_at(datetime.now(UTC)):
        time.sleep(0.2)
    _last_step = max(_last_step + 1, step_at(datetime.now(UTC)) - 1)
    return code_of(Secret(TOTP_SECRET), _last_step)
