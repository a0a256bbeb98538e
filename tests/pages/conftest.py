"""The pages without a server: a request of our own making, and a browser whose network is answered from memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright
from starlette.requests import Request
from starlette.responses import Response

from gapura.web.cookies import Cookies
from gapura.web.locale import Languages
from gapura.web.pages import Pages
from gapura.web.static_files import StaticFiles
from tests.pages.sample import Sample
from tests.pages.samples import SAMPLES

ORIGIN = "http://gapura.test"
BY_NAME = {sample.name: sample for sample in SAMPLES}


def request_of(path: str = "/", query: str = "", headers: Mapping[str, str] | None = None) -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": raw}
    return Request({**scope, "scheme": "http", "server": ("gapura.test", 80)})


@pytest.fixture(scope="session")
def languages() -> Languages:
    return Languages.load()


@pytest.fixture(scope="session")
def static() -> StaticFiles:
    return StaticFiles()


@pytest.fixture(scope="session")
def pages(languages: Languages, static: StaticFiles) -> Pages:
    return Pages(languages, static, Cookies(secure=False), sandbox=True)


@pytest.fixture(scope="session")
def show(pages: Pages) -> Callable[..., Response]:
    """Render a sample in a language."""

    def render(sample: Sample, code: str = "id") -> Response:
        request = request_of(f"/{sample.name}", headers={"Cookie": f"gapura-language={code}"})
        return pages.page(request, sample.template, sample.status, **sample.context)

    return render


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """For one file alone: while Playwright's loop runs in this thread, no test of another may start one."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def open_sample(
    browser: Browser, show: Callable[..., Response], static: StaticFiles
) -> Iterator[Callable[[Sample, str, int], Page]]:
    """Open a sample in a language at a width in CSS pixels. The one script is kept out, the console must stay silent."""
    said: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    code = "id"

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if (asset := static.by_url(path)) is not None:
            route.fulfill(body=asset.body, content_type=asset.media_type)
        elif (sample := BY_NAME.get(path[1:])) is not None:
            response = show(sample, code)
            body = re.sub(rb"<script.*?</script>", b"", bytes(response.body))
            route.fulfill(body=body, headers={**response.headers, "content-length": str(len(body))})
        elif route.request.resource_type == "document":  # a portal's own, in a frame
            route.fulfill(
                body="<!doctype html><html lang=id><title>.</title><main><h1>.</h1></main>",
                content_type="text/html",
            )
        else:
            route.abort()

    def opened(sample: Sample, language: str, width: int) -> Page:
        nonlocal code
        code = language
        said.clear()
        page.set_viewport_size({"width": width, "height": 780})
        page.goto(f"{ORIGIN}/{sample.name}", wait_until="load")
        assert said == []
        return page

    page.route("**/*", answer)
    yield opened
    page.close()
