"""An extract on disk: CSV or gzipped CSV, read from the start as often as it is wanted."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from gapura.errors import StartRefused
from gapura.registry.columns import COLUMNS, NAMES
from gapura.registry.rows import Reject

GZIP_MAGIC = b"\x1f\x8b"
BUFFER = 1 << 18


class FileRefused(StartRefused):
    """The file as a whole can't be imported; the text names columns, never values."""


class Extract:
    """`with Extract(path) as extract: for line, cells in extract.rows()`; a line is where its row begins."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        try:
            self._raw = io.BufferedReader(io.FileIO(self._path), BUFFER)
        except OSError as error:
            raise FileRefused(f"the file cannot be opened: {error.strerror}") from None
        zipped = self._raw.peek(2).startswith(GZIP_MAGIC)
        content = cast("BinaryIO", gzip.GzipFile(fileobj=self._raw) if zipped else self._raw)
        # What is no UTF-8 comes through as surrogates, which no column takes: the row is rejected, not the file.
        self._text = io.TextIOWrapper(content, "utf-8-sig", errors="surrogateescape", newline="")
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()
        self._raw.close()

    @property
    def read_bytes(self) -> int:
        """How far into the file, as it lies on disk."""
        return self._raw.tell()

    def rows(self) -> Iterator[tuple[int, Sequence[str] | Reject]]:
        """The cells of each row in the order of COLUMNS. Raises FileRefused for a header or a file that is broken."""
        try:
            yield from self._rows()
        except (EOFError, gzip.BadGzipFile, OSError) as error:
            raise FileRefused(f"the file is broken: {type(error).__name__}") from None

    def _rows(self) -> Iterator[tuple[int, Sequence[str] | Reject]]:
        first = self._text.readline()
        reader = csv.reader([first], delimiter=";" if ";" in first and "," not in first else ",")
        header = [name.strip().lower() for name in next(reader, [])]
        in_order, width = _order(header), len(header)
        rows = csv.reader(self._text, delimiter=reader.dialect.delimiter)
        line, ended = 2, False
        while not ended:
            try:
                for row in rows:
                    if len(row) == width:
                        row.append("")  # where the columns point that this file does without
                        yield line, in_order(row)
                    elif row:
                        yield line, Reject(line, "", "cells")
                    line = rows.line_num + 2
                ended = True
            except csv.Error:  # a cell beyond the reader's limit, such as behind a quote that never ends
                yield line, Reject(line, "", "row")
                line = rows.line_num + 2


def file_digest(path: Path) -> bytes:
    """By which a load that was interrupted knows its file again."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise FileRefused(f"the file cannot be read: {error.strerror}") from None


def _order(header: Sequence[str]) -> itemgetter[Any]:
    """Picks the cells in the order of COLUMNS; an optional column that is not there is the empty cell behind the row."""
    if missing := [column.name for column in COLUMNS if not column.optional and column.name not in header]:
        raise FileRefused(f"columns are missing: {', '.join(missing)}")
    if len(set(header)) != len(header):
        raise FileRefused("a column stands twice in the header")
    return itemgetter(*[header.index(name) if name in header else len(header) for name in NAMES])
