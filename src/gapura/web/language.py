"""The language switch: a form on every page posts here, and comes back to where it was."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gapura.web.cookies import LANGUAGE, Cookies
from gapura.web.locale import Languages
from gapura.web.request import form_params

LONGEST_PATH = 2000


@dataclass(frozen=True, slots=True)
class LanguageSwitch:
    languages: Languages
    cookies: Cookies

    async def endpoint(self, request: Request) -> Response:
        """POST /language with `lang` and `next`. All it changes is a cookie that names a language, so it needs no token.

        Raises OAuthError("invalid_request") for what is no form.
        """
        form = await form_params(request)
        response = RedirectResponse(local_path(form.get("next", "/")), 303)
        if (code := form.get("lang", "")) in self.languages.by_code:
            self.cookies.set(response, LANGUAGE, code)
        return response


def local_path(text: str) -> str:
    r"""`text` if it is a path of this site that a browser cannot read as another host, else `/`.

    Browsers take `//host`, `/\host` and `/<tab>/host` for addresses of other sites (WHATWG URL §4.4).
    """
    if len(text) > LONGEST_PATH or not text.startswith("/") or text[1:2] in {"/", "\\"}:
        return "/"
    return text if text.isascii() and text.isprintable() and "\\" not in text and " " not in text else "/"
