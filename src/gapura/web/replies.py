"""Bytes for programs, and the last answer of an interaction for a browser."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gapura.protocol.redirect import FormPost, Redirect, Reply
from gapura.web.pages import Pages

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}  # RFC 6749 §5.1, for old caches too


def json_reply(content: object, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, NO_STORE, "application/json")


def see_other(location: str) -> Response:
    """A 303, so that whatever came by POST goes on as a GET (RFC 9700 §4.12)."""
    return RedirectResponse(location, 303, NO_STORE)


def client_reply(request: Request, pages: Pages, reply: Reply) -> Response:
    match reply:
        case Redirect(location):
            return see_other(location)
        case FormPost(action, fields):
            return pages.page(request, "form_post.html", form_action=(action,), action=action, fields=fields)
