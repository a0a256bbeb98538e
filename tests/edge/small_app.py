"""A tiny application behind the real edge on a real uvicorn, and raw bytes to send it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from gapura.errors import OAuthError, PageError, TooMany, Unavailable
from gapura.web.connection import HttpConnection
from gapura.web.edge import Edge
from gapura.web.errors import HANDLERS, render_refusal
from gapura.web.health import Draining, Readiness, health_routes
from gapura.web.request import form_params, json_body, query_params

HOST = "gapura.test"
MARKED = "3171011785900001"
REGISTERED = "https://pajak.example"
FAILURES: Mapping[str, Callable[[], Exception]] = {
    "oauth": lambda: OAuthError("invalid_scope", "for the log", description="no such scope"),
    "basic": lambda: OAuthError(
        "invalid_client", status=401, headers={"WWW-Authenticate": 'Basic realm="gapura"'}, description="no"
    ),
    "page": lambda: PageError("unknown_client", "for the log"),
    "many": lambda: TooMany("too_many", retry_after=7),
    "away": lambda: Unavailable("database", "OperationalError"),
    "unicode": lambda: UnicodeDecodeError("utf-8", MARKED.encode(), 0, 1, MARKED),
    "crash": lambda: RuntimeError(f"{MARKED} is in this text"),
}


class FakePages:
    """Says what it was asked to render."""

    def page(self, request: Request, template: str, status: int = 200, **context: Any) -> Response:
        if context["code"] == "broken_template":
            raise KeyError(MARKED)
        at = request.url.path + request.url.query
        return HTMLResponse(f"<p>{context['code']} {context['request_id']}</p>", status, {"X-Shown-At": at})


class Item(BaseModel):
    count: int


async def hello(_: Request) -> Response:
    return JSONResponse({"hello": True})


async def slow(_: Request) -> Response:
    await asyncio.sleep(0.5)
    return JSONResponse({})


async def own_headers(_: Request) -> Response:
    return JSONResponse({}, headers={"X-Frame-Options": "SAMEORIGIN", "Cache-Control": "public"})


async def echo_form(request: Request) -> Response:
    form = await form_params(request)
    return JSONResponse({name: form.many(name) for name in form})


async def echo_query(request: Request) -> Response:
    query = query_params(request)
    return JSONResponse({name: query.many(name) for name in query})


async def echo_json(request: Request) -> Response:
    return JSONResponse(await json_body(request))


async def fail(request: Request) -> Response:
    error = FAILURES[request.path_params["how"]]()
    raise error


async def broken_page(_: Request) -> Response:
    raise PageError("broken_template")


async def interaction(request: Request) -> Response:
    request.state.client_id = "tax-portal"
    return JSONResponse({})


async def upload(request: Request) -> Response:
    return JSONResponse({"size": len(await request.body())})


api = FastAPI(exception_handlers={**HANDLERS, Exception: render_refusal})


@api.post("/items/{item_id}")
async def item(item_id: int, body: Item) -> dict[str, int]:
    return {"id": item_id, "count": body.count}


ROUTES: list[Route | Mount] = [
    Route("/hello", hello, methods=["GET"]),
    Route("/own", own_headers),
    Route("/slow", slow),
    Route("/form", echo_form, methods=["POST"]),
    Route("/token", echo_form, methods=["POST"]),
    Route("/userinfo", hello, methods=["GET", "POST"]),
    Route("/jwks", hello),
    Route("/query", echo_query),
    Route("/register", echo_json, methods=["POST"]),
    Route("/api/fail/{how}", fail),
    Route("/fail/{how}", fail),
    Route("/broken", broken_page),
    Route("/interaction/{id}", interaction),
    Route("/admin/imports", upload, methods=["POST"]),
    Mount("/api", api),
]


@dataclass(slots=True)
class Served:
    port: int
    lines: list[dict[str, Any]]
    draining: Draining
    away: set[str] = field(default_factory=set)

    @property
    def line(self) -> dict[str, Any]:
        """The log line of the request that was answered last."""
        return self.lines[-1]


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    yield


@contextmanager
def serving(
    issuer: str = f"https://{HOST}", hosts: tuple[str, ...] = (HOST,), most_at_once: int = 100
) -> Iterator[Served]:
    """The application on a free port, in a thread with a loop of its own."""
    served = Served(0, [], Draining())

    def ping(name: str) -> Callable[[], Any]:
        async def answer() -> None:
            if name in served.away:
                await asyncio.sleep(30)

        return answer

    readiness = Readiness({"database": ping("database")}, {"cache": ping("cache")})
    inner = Starlette(
        routes=[*health_routes(readiness, served.draining), *ROUTES],
        exception_handlers={**HANDLERS, Exception: render_refusal},
        lifespan=_lifespan,
    )
    inner.router.redirect_slashes = False
    app = Edge(
        inner,
        issuer=issuer,
        hosts=hosts,
        registered=lambda origin: origin == REGISTERED,
        draining=served.draining,
        pages=FakePages(),
        write=lambda line: served.lines.append(dict(line)),
        most_at_once=most_at_once,
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served.port = listener.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                loop="uvloop",
                http=HttpConnection,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield served
        finally:
            server.should_exit = True
            thread.join()


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


def send_raw(port: int, data: bytes, *more: bytes, pause: float = 0.0, patience: float = 5.0) -> Reply:
    """Write exactly these bytes, piece by piece, and read one answer; status 0 when the connection just closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        connection.sendall(data)
        for piece in more:
            threading.Event().wait(pause)
            try:
                connection.sendall(piece)
            except OSError:
                break  # refused in the middle: the answer is what counts
        return read_reply(connection)


def read_reply(connection: socket.socket) -> Reply:
    with connection.makefile("rb") as stream:
        status_line = stream.readline()
        if not status_line:
            return Reply(0, {}, b"")
        headers = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
        return Reply(int(status_line.split()[1]), headers, body)


def request(method: str, target: str, *headers: str, body: bytes = b"", host: str = HOST) -> bytes:
    """A plain HTTP/1.1 request in bytes, `Content-Length` included where there is a body."""
    length = (f"Content-Length: {len(body)}",) if body else ()
    lines = (f"{method} {target} HTTP/1.1", f"Host: {host}", *headers, *length, "", "")
    return "\r\n".join(lines).encode("latin-1") + body


def form(target: str, body: bytes, *headers: str) -> bytes:
    return request("POST", target, "Content-Type: application/x-www-form-urlencoded", *headers, body=body)
