"""The language switch: a form on every page posts here, and comes back to where it was."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gapura.web.locale import Languages

COOKIES = ("__Host-gapura-language", "gapura-language")
YEAR = 365 * 86400
LONGEST_PATH = 2000


@dataclass(frozen=True, slots=True)
class LanguageSwitch:
    """`secure`: the issuer speaks https. A plain-http loopback issuer can have no `__Host-` cookie."""

    languages: Languages
    secure: bool

    async def endpoint(self, request: Request) -> Response:
        """POST /language with `lang` and `next`. It changes nothing but a cookie that names a language."""
        form = await request.form(max_files=0, max_fields=4)
        wish = form.get("lang")
        response = RedirectResponse(local_path(str(form.get("next", "/"))), 303)
        if isinstance(wish, str) and wish in self.languages.by_code:
            self.remember(response, wish)
        response.headers["Cache-Control"] = "no-store"
        return response

    def remember(self, response: Response, code: str) -> None:
        """Also for /authorize, which keeps a client's `ui_locales` so, and the switch stays stronger afterwards."""
        response.set_cookie(
            COOKIES[0] if self.secure else COOKIES[1],
            code,
            max_age=YEAR,
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )


def local_path(text: str) -> str:
    r"""`text` if it is a path of this site that a browser cannot read as another host, else `/`.

    Browsers take `//host`, `/\host` and `/<tab>/host` for addresses of other sites (WHATWG URL §4.4).
    """
    if len(text) > LONGEST_PATH or not text.startswith("/") or text[1:2] in {"/", "\\"}:
        return "/"
    return text if text.isascii() and text.isprintable() and "\\" not in text and " " not in text else "/"
