from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from starlette.requests import Request

from gapura.errors import PageError
from gapura.web.static_files import FOLDER, StaticFiles
from tests.pages.conftest import request_of

pytestmark = pytest.mark.anyio


def _request(url: str, **headers: str) -> Request:
    request = request_of(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    request.scope["path_params"] = {"name": url.removeprefix("/static/")}
    return request


async def test_a_file_is_fetched_once_and_kept_for_ever(static: StaticFiles) -> None:
    url = static.url("style.css")
    response = await static.endpoint(_request(url, accept_encoding="gzip, br"))
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-encoding"] == "gzip"
    assert b".govuk-input" in gzip.decompress(bytes(response.body))


async def test_who_takes_no_gzip_gets_it_plain(static: StaticFiles) -> None:
    response = await static.endpoint(_request(static.url("style.css")))
    assert "content-encoding" not in response.headers
    assert b".gapura-header" in bytes(response.body)


async def test_what_the_browser_has_is_not_sent_again(static: StaticFiles) -> None:
    first = await static.endpoint(_request(static.url("logo.svg")))
    again = await static.endpoint(_request(static.url("logo.svg"), if_none_match=first.headers["etag"]))
    assert (again.status_code, bytes(again.body)) == (304, b"")


@pytest.mark.parametrize(
    "name", ["style.css", "../theme.css", "style.0000000000000000.css", "", "vendor/VENDOR.md"]
)
async def test_only_the_named_files_are_there(static: StaticFiles, name: str) -> None:
    with pytest.raises(PageError, match="not_found"):
        await static.endpoint(_request(f"/static/{name}"))


async def test_a_ministry_replaces_theme_and_logo_and_gets_new_names(
    static: StaticFiles, tmp_path: Path
) -> None:
    (tmp_path / "theme.css").write_text(":root { --gapura-brand: #123456; }")
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    themed = StaticFiles(tmp_path)
    assert themed.url("style.css") != static.url("style.css")
    assert themed.url("logo.svg") != static.url("logo.svg")
    assert b"#123456" in bytes((await themed.endpoint(_request(themed.url("style.css")))).body)


def test_nothing_of_the_crown_or_its_font_is_vendored() -> None:
    css = (FOLDER / "vendor/govuk-frontend.css").read_text("utf-8")
    assert "GDS Transport" not in css
    assert "crown" not in css.lower()
    assert "url(" not in css


def test_the_vendored_file_is_the_one_that_is_written_down() -> None:
    digest = hashlib.sha256((FOLDER / "vendor/govuk-frontend.css").read_bytes()).hexdigest()
    assert digest in (FOLDER / "vendor/VENDOR.md").read_text("utf-8")
