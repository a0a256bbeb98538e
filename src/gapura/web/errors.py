"""The one place that renders what was refused: JSON for programs, a page for people, and nothing of what was sent.

Each exception becomes a `GapuraError` first (`refusal_of`), then an answer as the area of its path speaks
(`error_response`). The edge writes code and detail into the request's log line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gapura.errors import GapuraError, OAuthError, PageError, TooMany, Unavailable
from gapura.web.areas import Area, area_of
from gapura.web.replies import NO_STORE

TEMPLATE = "error.html"
CLIENT_GONE = 499  # as nginx logs it; nobody is left to read it

# What Starlette's status says in the catalogue of phrases and to programs.
CODE_OF_STATUS: Mapping[int, str] = {
    400: "bad_request",
    401: "sign_in_needed",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    414: "too_large",
    415: "bad_request",
    421: "wrong_host",
    429: "too_many",
    431: "too_large",
    503: "unavailable",
}
# RFC 6749 §4.1.2.1 has this word for programs; which of our stores is away is for the log.
AWAY = "temporarily_unavailable"


class RendersPages(Protocol):
    """What `web.pages.Pages` does."""

    def page(self, request: Request, template: str, status: int = 200, **context: Any) -> Response: ...  # noqa: ANN401 -- whatever the template shows


def error_response(request: Request, error: GapuraError) -> Response:
    """The answer to `error` in the words of the request's area."""
    _remember(request, error)
    headers = {**NO_STORE, **error.headers}
    if isinstance(error, TooMany | Unavailable):
        headers["retry-after"] = str(error.retry_after)
    pages = getattr(request.state, "pages", None)
    if pages is None or _area(request).speaks_json:
        return Response(orjson.dumps(_body(error)), error.status, headers, "application/json")
    return _page(pages, request, error, headers)


def refusal_of(error: Exception) -> GapuraError:
    """What any exception means for who asked; its text is left behind, for input may stand in it."""
    match error:
        case GapuraError():
            return error
        case RequestValidationError():
            places = sorted({str(e["loc"][0]) for e in error.errors()})
            return OAuthError("invalid_request", f"not valid: {', '.join(places)}", status=422)
        case HTTPException():
            code = CODE_OF_STATUS.get(error.status_code, "bad_request")
            return PageError(code, status=error.status_code, headers=dict(error.headers or {}))
        case ClientDisconnect():
            return PageError("bad_request", "client gone", status=CLIENT_GONE)
        case UnicodeError():
            return PageError("bad_request", type(error).__name__)
        case _:
            return PageError("server_error", type(error).__name__, status=500)


async def render_refusal(request: Request, error: Exception) -> Response:
    return error_response(request, refusal_of(error))


HANDLED = (GapuraError, RequestValidationError, HTTPException, UnicodeError, ClientDisconnect)
HANDLERS: Mapping[Any, Callable[[Request, Exception], Any]] = dict.fromkeys(HANDLED, render_refusal)
"""`exception_handlers` of the application and of each one mounted in it; all else ends at the edge."""


def _area(request: Request) -> Area:
    area = getattr(request.state, "area", None)
    return area if isinstance(area, Area) else area_of(request.url.path)


def _body(error: GapuraError) -> dict[str, str]:
    if isinstance(error, Unavailable):
        return {"error": AWAY}
    if isinstance(error, OAuthError) and error.description:
        return {"error": error.code, "error_description": error.description}
    return {"error": error.code}


def _page(pages: RendersPages, request: Request, error: GapuraError, headers: Mapping[str, str]) -> Response:
    code = "unavailable" if isinstance(error, Unavailable) else error.code
    if isinstance(error, OAuthError):
        # People read one phrase for all that an app can get wrong; the app's developer finds the code in the log.
        code = CODE_OF_STATUS.get(error.status, "bad_request")
    request_id = getattr(request.state, "request_id", "")
    answer = pages.page(
        _unaddressed(request), TEMPLATE, status=error.status, code=code, request_id=request_id
    )
    answer.headers.update(headers)
    return answer


def _unaddressed(request: Request) -> Request:
    """The request without what was typed into its address: the language switch of a page leads back to there."""
    ours = "route" in request.scope and not request.scope.get("path_params")
    path = request.scope["path"] if ours else "/"
    return Request({**request.scope, "path": path, "raw_path": path.encode(), "query_string": b""})


def _remember(request: Request, error: GapuraError) -> None:
    request.state.refused = (error.code, error.detail)


def minimal(status: int) -> Response:
    """When even rendering failed: the status in words, without anything of ours that could fail again."""
    return Response(HTTPStatus(status).phrase, status, NO_STORE, "text/plain")
