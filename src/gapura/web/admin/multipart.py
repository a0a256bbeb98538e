"""A form with a file (RFC 7578), read as it arrives: fields are kept, the file is handed on in pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from gapura.errors import PageError

MOST_PARTS = 16
LONGEST_BOUNDARY = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of the field `name`; the first piece of each field is empty. `is_file`: it came with a file's name."""

    name: str
    is_file: bool
    content: bytes


async def pieces(request: Request) -> AsyncIterator[Piece]:
    """Raises PageError("bad_request") for what is no such form."""
    reader = _Reader(_boundary(request))
    async for chunk in request.stream():
        for piece in reader.take(chunk):
            yield piece
    for piece in reader.end():
        yield piece


class _Reader:
    """Turns the parser's calls into pieces."""

    def __init__(self, boundary: bytes) -> None:
        self._pieces: list[Piece] = []
        self._parts = 0
        self._header = [b"", b""]
        self._name, self._is_file, self._ended = "", False, False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": lambda data, start, end: self._add(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._add(1, data[start:end]),
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_end": self._all_ends,
            },
        )

    def take(self, chunk: bytes) -> list[Piece]:
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise _refused("multipart") from None
        taken, self._pieces = self._pieces, []
        return taken

    def end(self) -> list[Piece]:
        if not self._ended:
            raise _refused("the form is cut")
        return self._pieces

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise _refused("too many parts")
        self._name, self._is_file = "", False

    def _add(self, at: int, data: bytes) -> None:
        self._header[at] += data

    def _header_ends(self) -> None:
        name, value = self._header
        self._header = [b"", b""]
        if name.lower() == b"content-disposition":
            _, options = parse_options_header(value)
            self._name = options.get(b"name", b"").decode("ascii", "replace")
            self._is_file = b"filename" in options

    def _headers_end(self) -> None:
        self._pieces.append(Piece(self._name, self._is_file, b""))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._pieces.append(Piece(self._name, self._is_file, data[start:end]))

    def _all_ends(self) -> None:
        self._ended = True


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= LONGEST_BOUNDARY:
        raise _refused("no multipart form")
    return boundary


def _refused(detail: str) -> PageError:
    return PageError("bad_request", detail=detail)
