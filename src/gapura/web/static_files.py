"""Style sheets and pictures: few, small, kept in memory, and named by what is in them, so that they are fetched once.

The vendored style sheet, the theme and our own are one file on the wire, and the logo is the icon of the tab, too: a page
is four requests at most. A theme folder replaces `theme.css` and `logo.svg`, each where it has one.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from gapura.errors import PageError

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static/"
STYLE_SHEET = ("vendor/govuk-frontend.css", "theme.css", "gapura.css")
FILES: Mapping[str, tuple[str, ...]] = {
    "style.css": STYLE_SHEET,
    "logo.svg": ("logo.svg",),
}
TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
IMMUTABLE = "public, max-age=31536000, immutable"
_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
_BLANKS = re.compile(rb"\s+")


@dataclass(frozen=True, slots=True)
class Asset:
    url: str
    body: bytes
    packed: bytes
    etag: str
    media_type: str

    def response(self, request: Request) -> Response:
        headers = {"Cache-Control": IMMUTABLE, "ETag": self.etag, "Vary": "Accept-Encoding"}
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(self.packed, headers=headers, media_type=self.media_type)
        return Response(self.body, headers=headers, media_type=self.media_type)


class StaticFiles:
    """`url(name)` for the templates, `endpoint` for the route `/static/{name}`."""

    def __init__(self, theme_dir: Path | None = None) -> None:
        self._by_name = {name: _asset(name, parts, theme_dir) for name, parts in FILES.items()}
        self._by_url = {asset.url: asset for asset in self._by_name.values()}

    def url(self, name: str) -> str:
        return self._by_name[name].url

    def by_url(self, url: str) -> Asset | None:
        return self._by_url.get(url)

    async def endpoint(self, request: Request) -> Response:
        """Raises PageError("not_found") for every other name: no path ever reaches the disk."""
        asset = self.by_url(PREFIX + request.path_params["name"])
        if asset is None:
            raise PageError("not_found", status=404)
        return asset.response(request)


def _asset(name: str, parts: tuple[str, ...], theme_dir: Path | None) -> Asset:
    body = b"\n".join(_source(part, theme_dir).read_bytes() for part in parts)
    suffix = Path(name).suffix
    if suffix == ".css":
        body = _BLANKS.sub(b" ", _COMMENT.sub(b"", body))
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Asset(
        url=f"{PREFIX}{Path(name).stem}.{digest}{suffix}",
        body=body,
        packed=gzip.compress(body, 9, mtime=0),
        etag=f'"{digest}"',
        media_type=TYPES[suffix],
    )


def _source(part: str, theme_dir: Path | None) -> Path:
    themed = theme_dir / part if theme_dir is not None and "/" not in part else None
    return themed if themed is not None and themed.is_file() else FOLDER / part
