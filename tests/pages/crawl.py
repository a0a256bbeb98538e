"""Somebody who opens every page that they can get at: the routes, and the links and forms of each page."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx2
from starlette.routing import compile_path

LANGUAGES = ("id", "en")
MOST = 60  # pages of one person


@dataclass(slots=True)
class Walker:
    """`pages` has what was shown, by address and language; `refused` where a page said no, `broken` the links there.

    Of addresses that differ in their parameters' values alone, one is opened.
    """

    name: str
    origin: str
    http: httpx2.Client
    routes: tuple[str, ...]
    pages: dict[tuple[str, str], httpx2.Response] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    def walk(self) -> None:
        plain = [path for path in self.routes if "{" not in path]
        waiting, known = deque((path, False) for path in plain), {(path, frozenset[str]()) for path in plain}
        while waiting:
            address, linked = waiting.popleft()
            for found in self._open(address, linked=linked):
                if (shape := self._shape(found)) not in known:
                    known.add(shape)
                    waiting.append((found, True))
            assert len(known) < MOST + len(plain), f"{self.name} finds no end: {known}"

    def _open(self, address: str, *, linked: bool) -> Iterable[str]:
        answer = self._get(address, LANGUAGES[0])
        assert answer.status_code < 500, (self.name, address, answer.text[-800:])
        if answer.is_redirect:
            return self._inside([answer.headers["location"]], address)
        if linked and answer.is_client_error:
            self.broken.add(address)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            return ()
        if answer.is_client_error:
            self.refused.add(address)
            return ()
        self.pages[address, LANGUAGES[0]] = answer
        for language in LANGUAGES[1:]:
            self.pages[address, language] = self._get(address, language)
        ways = Ways()
        ways.feed(answer.text)
        return self._inside(ways.found, address)

    def _get(self, address: str, language: str) -> httpx2.Response:
        return self.http.get(self.origin + address, headers={"Accept-Language": language})

    def _inside(self, found: Iterable[str], here: str) -> list[str]:
        """Those of this site, as path and query."""
        whole = (urlsplit(urljoin(f"{self.origin}{here}", address)) for address in found)
        return [
            f"{parts.path}?{parts.query}" if parts.query else parts.path
            for parts in whole
            if f"{parts.scheme}://{parts.netloc}" == self.origin and not parts.path.startswith("/static/")
        ]

    def _shape(self, address: str) -> tuple[str, frozenset[str]]:
        parts = urlsplit(address)
        names = frozenset(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
        route = next((route for route in self.routes if compile_path(route)[0].match(parts.path)), parts.path)
        return route, names


class Ways(HTMLParser):
    """Where a page leads: its links, and its GET forms as they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._form: str | None = None
        self._fields: dict[str, str] = {}
        self._choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "a" if "href" in given and "download" not in given:
                self.found.append(given["href"])
            case "form" if given.get("method", "get").lower() == "get":
                self._form, self._fields = given.get("action", ""), {}
            case "select":
                self._choice = given.get("name", "")
            case "option" if self._choice and ("selected" in given or self._choice not in self._fields):
                self._fields[self._choice] = given.get("value", "")
            case "input" | "textarea" if given.get("name") and "checked" not in given:
                if given.get("type") not in {"checkbox", "radio", "submit"}:
                    self._fields[given["name"]] = given.get("value", "")
            case "input" if given.get("name"):
                self._fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            self.found.append(f"{self._form}?{urlencode(self._fields)}")
            self._form = None
