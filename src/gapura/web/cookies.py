"""The cookies of Gapura, in one table, and the only way to set, read and clear them.

All are of the whole site, and all but one HttpOnly and SameSite=Lax. `__Host-` makes browsers refuse one that another host of the
domain planted. On a plain-http loopback issuer the prefix and Secure are dropped, for Safari refuses them there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

PREFIX = "__Host-"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
YEAR = 365 * 86400
_VALUE = re.compile(r"[A-Za-z0-9._~-]{1,256}\Z")


@dataclass(frozen=True, slots=True)
class Cookie:
    """`max_age` in seconds; None ends with the browser's session.

    `for_frames`: the script of a page that other sites frame reads it.
    """

    name: str
    max_age: int | None = None
    for_frames: bool = False


SESSION = Cookie("gapura-session")
BROWSER = Cookie("gapura-browser")  # an interaction is bound to it
# This browser signed in before: it decides about locks, and is never a factor.
DEVICE = Cookie("gapura-device", YEAR)
LANGUAGE = Cookie("gapura-language", YEAR)
# Who is signed in, as nobody but us can tell: for the frame of session management.
STATE = Cookie("gapura-state", for_frames=True)
ALL = (SESSION, BROWSER, DEVICE, LANGUAGE, STATE)


@dataclass(frozen=True, slots=True)
class Cookies:
    """`secure` is what the issuer decides, never the connection: TLS may end before us."""

    secure: bool = True

    @classmethod
    def of_issuer(cls, issuer: str) -> Cookies:
        parts = urlsplit(issuer)
        return cls(secure=not (parts.scheme == "http" and parts.hostname in LOOPBACK))

    def name(self, cookie: Cookie) -> str:
        return PREFIX + cookie.name if self.secure else cookie.name

    def read(self, request: Request, cookie: Cookie) -> str | None:
        """None when it is absent, of no form that we ever set, or sent twice: then nobody knows which is ours."""
        return self.read_all(request, cookie)[0]

    def read_all(self, request: Request, *cookies: Cookie) -> list[str | None]:
        """As `read`, for several at once."""
        sent: dict[str, str] = {}
        for name, header in request.scope["headers"]:
            if name == b"cookie":
                for part in header.decode("latin-1").split(";"):
                    key, _, value = part.partition("=")
                    key = key.strip()
                    sent[key] = "" if key in sent else value.strip()
        found = [sent.get(self.name(cookie), "") for cookie in cookies]
        return [value if _VALUE.match(value) else None for value in found]

    def set(self, response: Response, cookie: Cookie, value: str) -> None:
        """Raises ValueError for a value that `read` would refuse."""
        if not _VALUE.match(value):
            raise ValueError(f"no value for the cookie {cookie.name}")
        self._write(response, cookie, value, cookie.max_age)

    def clear(self, response: Response, cookie: Cookie) -> None:
        self._write(response, cookie, "", 0)

    def _write(self, response: Response, cookie: Cookie, value: str, max_age: int | None) -> None:
        age = "" if max_age is None else f"; Max-Age={max_age}"
        secure = "; Secure" if self.secure else ""
        # A frame of another site gets SameSite=None alone, which takes Secure; loopback's ports are one site.
        reach = (
            f"SameSite={'None' if self.secure else 'Lax'}" if cookie.for_frames else "HttpOnly; SameSite=Lax"
        )
        response.headers.append("set-cookie", f"{self.name(cookie)}={value}; Path=/; {reach}{secure}{age}")
