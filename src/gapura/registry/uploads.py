"""Uploaded extracts in a folder of this machine, each in one of its own until it is imported.

A file lies there in clear for as long as its import takes, for its owner alone; the reject file, which holds nothing
of the rows, stays for 30 days.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

import orjson

from gapura.flow.admin_imports import Mode, RejectLine, RunState
from gapura.flow.order import Order
from gapura.registry.background import EXTRACT, STATE, Run
from gapura.registry.importing import LoadTarget
from gapura.registry.rejects import SUFFIX

KEPT_SECONDS = 30 * 86400
LONGEST_IMPORT_SECONDS = 86400  # whatever lies there longer was left behind by a process that was killed
FOLDER = "imports"


class Upload:
    """Implements `flow.admin_imports.TakesUpload`."""

    def __init__(self, folder: Path, file: BinaryIO) -> None:
        self._folder, self._file, self._digest = folder, file, hashlib.sha256()
        self.id, self.size = folder.name, 0

    async def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        await asyncio.to_thread(self._write, chunk)

    async def complete(self) -> str:
        await asyncio.to_thread(self._file.close)
        return self._digest.hexdigest()

    async def discard(self) -> None:
        self._file.close()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def _write(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        self._file.write(chunk)


class Uploads:
    """Implements `flow.admin_imports.RunsImports`."""

    def __init__(self, home: Path, target: LoadTarget) -> None:
        self._home, self._target = home / FOLDER, target

    async def receive(self) -> Upload:
        return await asyncio.to_thread(self._receive)

    async def start(self, upload_id: str, mode: Mode, order: Order) -> None:
        run = Run(
            database_url=self._target.database_url,
            root_keys=self._target.root_keys.reveal(),
            sandbox=self._target.sandbox,
            folder=str(self._home / upload_id),
            mode=mode,
            actor_kind=order.actor_kind,
            actor=order.actor,
            note=asdict(order.note),
        )
        await asyncio.to_thread(_spawn, run)

    async def state(self, upload_id: str) -> RunState:
        return await asyncio.to_thread(_state, self._home / upload_id)

    async def state_of_load(self, load_id: int) -> RunState | None:
        folder = await asyncio.to_thread(self._folder_of, load_id)
        return await asyncio.to_thread(_state, folder) if folder is not None else None

    async def rejects(self, load_id: int) -> Path | None:
        folder = await asyncio.to_thread(self._folder_of, load_id)
        path = folder / (EXTRACT + SUFFIX) if folder is not None else None
        return path if path is not None and path.exists() else None

    async def first_rejects(self, load_id: int, most: int) -> Sequence[RejectLine]:
        path = await self.rejects(load_id)
        return await asyncio.to_thread(_first, path, most) if path is not None else ()

    def _receive(self) -> Upload:
        self._forget_old()
        folder = self._home / token_hex(16)
        folder.mkdir(mode=0o700, parents=True)
        file = (folder / EXTRACT).open("xb")
        (folder / EXTRACT).chmod(0o600)
        return Upload(folder, file)

    def _folder_of(self, load_id: int) -> Path | None:
        """The latest run of this load, which may have gone on with an interrupted one."""
        found = [folder for folder in self._folders() if _state(folder).load_id == load_id]
        return max(found, key=lambda folder: folder.stat().st_mtime, default=None)

    def _folders(self) -> Iterator[Path]:
        return (path for path in self._home.glob("*") if path.is_dir())

    def _forget_old(self) -> None:
        now = time.time()
        for folder in self._folders():
            extract = folder / EXTRACT
            if folder.stat().st_mtime < now - KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
            elif extract.exists() and extract.stat().st_mtime < now - LONGEST_IMPORT_SECONDS:
                extract.unlink(missing_ok=True)


def _spawn(run: Run) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gapura.registry.background"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # it goes on when the server that started it is replaced
    )
    assert process.stdin is not None  # noqa: S101 -- it is a pipe
    with process.stdin:
        process.stdin.write(orjson.dumps(asdict(run)))


def _state(folder: Path) -> RunState:
    try:
        return RunState(**orjson.loads((folder / STATE).read_bytes()))
    except FileNotFoundError:
        return RunState()


def _first(path: Path, most: int) -> Sequence[RejectLine]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = islice(csv.reader(file), 1, most + 1)
        return [RejectLine(int(line), column, reason) for line, column, reason in rows]
