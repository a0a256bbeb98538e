"""Renders the portal's pages, in the language that the visitor chose."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from functools import cache, partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from demo.portal.config import HERE, LANGUAGES, Portal

YEAR = 31_536_000
JAKARTA = timezone(timedelta(hours=7))
SHOWN = ("name", "nik", "birthdate", "gender", "address", "email", "phone_number")


@cache
def words() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((HERE / "words.toml").read_text())


class Pages:
    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # A form here may end at Gapura: Chromium holds `form-action` against the redirect too.
        self._policy = (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {portal.issuer}"
        )

    def language(self, request: Request) -> str:
        chosen = request.cookies.get(self._cookie)
        return chosen if chosen in LANGUAGES else LANGUAGES[0]

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401 -- whatever the template shows
        language = self.language(request)
        [other] = (one for one in LANGUAGES if one != language)
        texts = words()[language]
        text = self._templates.get_template(template).render(
            portal=self._portal,
            agency=self._portal.texts[language],
            words=texts,
            lang=language,
            other=other,
            path=request.url.path,
            static="/static",
            shown=SHOWN,
            clock=partial(clock_text, texts),
            claim=partial(claim_text, texts),
            **values,
        )
        return HTMLResponse(text, status, {"Content-Security-Policy": self._policy, **HEADERS})

    def switch(self, request: Request) -> Response:
        """Remember the language and go back to the page that asked."""
        language = request.path_params["language"]
        if language not in LANGUAGES:
            raise HTTPException(404)
        back = request.query_params.get("back", "/")
        response = RedirectResponse(back if back in PLAIN_PAGES else "/", 303)
        response.set_cookie(self._cookie, language, max_age=YEAR, httponly=True, samesite="lax")
        return response

    @property
    def _cookie(self) -> str:
        return f"{self._portal.cookie}_language"


PLAIN_PAGES = {"/", "/profile", "/privacy", "/terms"}  # those that may simply be opened again
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def day_text(texts: Mapping[str, Any], day: date) -> str:
    return f"{day.day} {texts['months'][day.month - 1]} {day.year}"


def clock_text(texts: Mapping[str, Any], seconds: int) -> str:
    """A Unix time as people in Jakarta read it."""
    time = datetime.fromtimestamp(seconds, JAKARTA)
    return str(texts["clock"]).format(day=day_text(texts, time.date()), time=time)


def claim_text(texts: Mapping[str, Any], name: str, value: Any) -> str:  # noqa: ANN401 -- what a claim can be
    """A claim's value in words."""
    match name, value:
        case "birthdate", str():
            return day_text(texts, date.fromisoformat(value))
        case _, {"formatted": formatted}:
            return ", ".join(str(formatted).splitlines())
        case _:
            return str(texts["values"].get(value, value))
