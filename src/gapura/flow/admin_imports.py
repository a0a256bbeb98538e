"""Registry files that come by a page: written down, kept for the import, then loaded beside the servers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from gapura.errors import PageError
from gapura.flow.admin_audit import WritesEntries
from gapura.flow.order import Order
from gapura.values import Instant

Mode: TypeAlias = Literal["full", "delta"]
MODES: tuple[Mode, ...] = ("delta", "full")


@dataclass(frozen=True, slots=True)
class LoadLine:
    """A load of the registry; while it is under way its counts are those so far."""

    id: int
    mode: str
    state: str
    accepted: int
    rejected: int
    unchanged: int
    started_at: Instant
    visible_at: Instant | None
    actor: str


@dataclass(frozen=True, slots=True)
class RunState:
    """How far the import of an uploaded file is; `refused` has a code of `web/phrases.py`, `words` the reason."""

    load_id: int | None = None
    percent: int = 0
    ended: bool = False
    refused: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class RejectLine:
    line: int
    column: str
    reason: str


class ReadsLoads(Protocol):
    """Raises Unavailable."""

    async def all(self) -> tuple[LoadLine, ...]:
        """The newest, not those of single events."""
        ...

    async def one(self, load_id: int) -> LoadLine | None: ...


class TakesUpload(Protocol):
    """A file as it arrives; `id` names it from now on."""

    @property
    def id(self) -> str: ...

    @property
    def size(self) -> int: ...

    async def write(self, chunk: bytes) -> None: ...

    async def complete(self) -> str:
        """Its SHA-256, once all of it is on disk."""
        ...

    async def discard(self) -> None: ...


class RunsImports(Protocol):
    """The files and runs of this machine; another one may have others."""

    async def receive(self) -> TakesUpload: ...

    async def start(self, upload_id: str, mode: Mode, order: Order) -> None:
        """Import a complete file in a process of its own, and remove the file when that has ended."""
        ...

    async def state(self, upload_id: str) -> RunState: ...

    async def state_of_load(self, load_id: int) -> RunState | None: ...

    async def rejects(self, load_id: int) -> Path | None:
        """The reject file, of lines, columns and reasons."""
        ...

    async def first_rejects(self, load_id: int, most: int) -> Sequence[RejectLine]: ...


@dataclass(frozen=True, slots=True)
class AdministersImports:
    loads: ReadsLoads
    runs: RunsImports
    entries: WritesEntries

    async def start(self, upload: TakesUpload, mode: Mode, order: Order) -> None:
        """Nothing is imported whose order is not written down."""
        digest = await upload.complete()
        detail = {"mode": mode, "size": str(upload.size), "sha256": digest}
        await self.entries.write(order, "registry.upload", f"upload:{upload.id}", detail)
        await self.runs.start(upload.id, mode, order)

    async def load(self, load_id: int) -> LoadLine:
        """Raises PageError("not_found")."""
        found = await self.loads.one(load_id)
        if found is None:
            raise PageError("not_found", detail="no such load", status=404)
        return found
