"""The folder an embedded PostgreSQL and Valkey live in: who holds it, and where their sockets lie."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gapura.errors import StartRefused

SOCKET_PATH_BYTES = 107  # sockaddr_un.sun_path holds 108 with its closing NUL
LONGEST_SOCKET = ".s.PGSQL.5432"
LEFT_OVER_SECONDS = 15


class EngineRefused(StartRefused):
    """The engines cannot start; the text is one line for the person at the terminal."""


@contextmanager
def hold_home(home: Path) -> Iterator[int]:
    """Make the folder and hold it alone; yields a descriptor that every engine inherits.

    Two locks: `lock` is this process's and refuses a second start at once; `engines.lock` is shared with the engines
    through inheritance, so engines that are still writing after their parent was killed are waited for.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        ours, theirs = (
            os.open(home / name, os.O_RDWR | os.O_CREAT, 0o600) for name in ("lock", "engines.lock")
        )
    except OSError as error:
        raise EngineRefused(
            f"{home} cannot be used: {error.strerror}; set GAPURA_HOME to another folder"
        ) from error
    try:
        if not _locked(ours):
            raise EngineRefused(
                f"{home} is in use by another Gapura; stop that one, or set GAPURA_HOME to another folder"
            )
        deadline = time.monotonic() + LEFT_OVER_SECONDS
        while not _locked(theirs):
            if time.monotonic() > deadline:
                raise EngineRefused(
                    f"engines of an earlier run are still using {home}; wait until they have stopped"
                )
            time.sleep(0.05)
        yield theirs
    finally:
        os.close(theirs)
        os.close(ours)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def socket_folder(home: Path) -> Path:
    """`run` in the home, or a short folder of this user's own where that path is too long for a socket."""
    folder = home / "run"
    if len(os.fsencode(folder / LONGEST_SOCKET)) > SOCKET_PATH_BYTES:
        base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        folder = base / f"gapura-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
        if len(os.fsencode(folder / LONGEST_SOCKET)) > SOCKET_PATH_BYTES:
            folder = Path("/tmp") / folder.name  # noqa: S108  # checked below: ours alone, and no link
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EngineRefused(
            f"{folder} belongs to someone else; remove it, or set GAPURA_HOME to a shorter path"
        )
    folder.chmod(0o700)
    return folder
