"""Parameters and JSON of a request, read once and strictly: what two readers could take two ways is refused.

Nothing here quotes what was sent: a password or a NIK is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from gapura.crypto.strict_json import BadJson, load_object
from gapura.errors import OAuthError

REPEATABLE = frozenset({"resource", "audience"})  # RFC 8707 §2, RFC 8693 §2.1
NOTHING: frozenset[str] = frozenset()
MAX_FIELDS = 128
MAX_NAME = 128
MAX_VALUE = 32 * 1024
MAX_JSON = 64 * 1024

FORM = "application/x-www-form-urlencoded"
# RFC 8259 §8.1 and WHATWG URL §5: both are UTF-8, and other words of it are wrong.
_FORM_TYPE = re.compile(rf'{FORM}(?:\s*;\s*charset="?utf-8"?)?\s*\Z', re.IGNORECASE)
_JSON_TYPE = re.compile(r'application/(?:[\w.+-]+\+)?json(?:\s*;\s*charset="?utf-8"?)?\s*\Z', re.IGNORECASE)
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_WRITTEN_OTHERWISE = re.compile(rb"[^!-$&-*,-~]")  # but for these, what is sent is what is meant
_NAMEABLE = re.compile(r"[a-z_]{1,40}\Z")  # a name of some vocabulary, which can be said aloud


class Params(Mapping[str, str]):
    """Decoded parameters; an empty one counts as left out (RFC 6749 §3.1). As a mapping it gives the first value."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, tuple[str, ...]]) -> None:
        self._values = values

    def one(self, name: str) -> str:
        """Raises OAuthError("invalid_request") when it is left out."""
        if name not in self._values:
            raise OAuthError("invalid_request", description=f"{name} is missing")
        return self._values[name][0]

    def many(self, name: str) -> tuple[str, ...]:
        return self._values.get(name, ())

    def __getitem__(self, name: str) -> str:
        return self._values[name][0]

    # Mapping's own asks by an exception, and most parameters are left out.
    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 -- as Mapping has it
        found = self._values.get(name)
        return default if found is None else found[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Params({len(self._values)} values)"


def query_params(request: Request, repeatable: frozenset[str] = REPEATABLE) -> Params:
    """Raises OAuthError("invalid_request")."""
    return parse_params(request.scope["query_string"], repeatable)


async def form_params(request: Request, repeatable: frozenset[str] = REPEATABLE) -> Params:
    """The body's parameters; the query is not looked at. Raises OAuthError("invalid_request")."""
    if not _FORM_TYPE.match(request.headers.get("content-type", "")):
        raise OAuthError("invalid_request", description=f"the body must be {FORM} in UTF-8")
    return parse_params(await request.body(), repeatable)


async def json_body(request: Request, limit: int = MAX_JSON) -> dict[str, Any]:
    """A strict JSON object of at most `limit` bytes. Raises OAuthError("invalid_request")."""
    if not _JSON_TYPE.match(request.headers.get("content-type", "")):
        raise OAuthError("invalid_request", description="the body must be application/json in UTF-8")
    try:
        return load_object(await request.body(), limit)
    except BadJson as error:
        raise OAuthError(
            "invalid_request", detail=str(error), description="the body is not a plain JSON object"
        ) from None


def parse_params(encoded: bytes, repeatable: frozenset[str] = NOTHING) -> Params:
    """Read application/x-www-form-urlencoded. Raises OAuthError("invalid_request") for what is not plain.

    Refused are a parameter sent twice (RFC 6749 §3.1), NUL, bad UTF-8 with encoded surrogates, bad percent-encoding,
    and too many or too long ones.
    """
    if not encoded:
        return Params({})
    if encoded.count(b"&") >= MAX_FIELDS:
        raise OAuthError("invalid_request", description="too many parameters")
    values: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    for field in encoded.split(b"&"):
        if not field:
            continue
        raw_name, _, raw_value = field.partition(b"=")
        name = _decoded(raw_name, MAX_NAME)
        if name in seen and name not in repeatable:
            said = name if _NAMEABLE.match(name) else "a parameter"
            raise OAuthError("invalid_request", description=f"{said} is sent more than once")
        seen.add(name)
        if raw_value:
            values[name] = (*values.get(name, ()), _decoded(raw_value, MAX_VALUE))
    return Params(values)


def _decoded(raw: bytes, most: int) -> str:
    if len(raw) <= most and _WRITTEN_OTHERWISE.search(raw) is None:
        return raw.decode("ascii")
    if len(raw) > 3 * most:
        raise OAuthError("invalid_request", description="a parameter is too long")
    try:
        text = _unquoted(raw)
    except UnicodeDecodeError:
        raise OAuthError("invalid_request", description="a parameter is not UTF-8") from None
    if len(text) > most:
        raise OAuthError("invalid_request", description="a parameter is too long")
    return text


def _unquoted(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        if _BAD_ESCAPE.search(raw):
            raise OAuthError("invalid_request", description="a parameter is not percent-encoded well")
        raw = unquote_to_bytes(raw)
    if b"\x00" in raw:
        raise OAuthError("invalid_request", description="a parameter holds NUL")
    return raw.decode()
