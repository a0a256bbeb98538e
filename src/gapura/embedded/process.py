"""How an engine's process is started and stopped, whoever starts it and however that one ends."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gapura.embedded.home import EngineRefused

UNPRIVILEGED = 1000
STOP_SECONDS = 20
# Dies with its parent: a parent that died before this was asked for is seen by the parent's id.
STILL_CHILD = ("/bin/sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"')


@dataclass(frozen=True, slots=True)
class Identity:
    """Under which user the engines run: `prefix` is put before a command, `owner` owns their files, seen from here."""

    prefix: tuple[str, ...]
    owner: int


@functools.cache
def identity() -> Identity:
    """A plain user runs them as such. Root may not run PostgreSQL: a user namespace, where that is forbidden another id."""
    if os.geteuid() != 0:
        return Identity((), os.geteuid())
    namespace = ("unshare", "--user", f"--map-user={UNPRIVILEGED}", f"--map-group={UNPRIVILEGED}")
    if _works(namespace):
        return Identity(namespace, 0)
    # The capability lets the engine reach a home inside root's own closed folders, without opening them for anyone.
    other = (
        "setpriv",
        f"--reuid={UNPRIVILEGED}",
        f"--regid={UNPRIVILEGED}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
    )
    if _works(other):
        return Identity(other, UNPRIVILEGED)
    raise EngineRefused(
        "PostgreSQL does not run as root, and neither `unshare` nor `setpriv` may change the user here"
    )


def _works(prefix: Sequence[str]) -> bool:
    if shutil.which(prefix[0]) is None:
        return False
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0


def own(folder: Path) -> None:
    """Give the folder's files to the engines' user; a home may have been made in the other way of running as root."""
    owner = identity().owner
    if not folder.exists() or folder.stat().st_uid == owner:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, owner, follow_symlinks=False)


def run(command: Sequence[str | Path], inherit: int) -> None:
    """Run to its end a command that the engines' user must run; raises EngineRefused with its last words."""
    done = subprocess.run(
        [*identity().prefix, *command],
        capture_output=True,
        text=True,
        check=False,
        pass_fds=(inherit,),
        env=_environment(),
    )
    if done.returncode:
        raise EngineRefused(f"{Path(command[0]).name}: {last_line(done.stderr)}")


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine; it gets `stop_signal` when asked to stop and, on Linux, when its parent dies."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    log: Path

    def check(self) -> None:
        """Raises EngineRefused once the process has ended."""
        if self.process.poll() is not None:
            raise EngineRefused(
                f"{self.name} stopped: {last_line(self.log.read_text(errors='replace'))} (see {self.log})"
            )

    def stop(self) -> None:
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(
    name: str, command: Sequence[str | Path], stop_signal: signal.Signals, log: Path, inherit: int
) -> Engine:
    """Start an engine from the main thread (the kernel counts the death of the starting thread as the parent's)."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*identity().prefix, *tied_to_parent(stop_signal), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(inherit,),
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for us: requests are drained before their stores stop
        )
    return Engine(name, process, stop_signal, log)


def tied_to_parent(stop_signal: signal.Signals) -> tuple[str, ...]:
    """What goes before a command that must not outlive us: the kernel sends it `stop_signal` when we die (Linux)."""
    if sys.platform != "linux" or shutil.which("setpriv") is None:
        return ()
    return ("setpriv", "--pdeathsig", stop_signal.name.removeprefix("SIG"), *STILL_CHILD, str(os.getpid()))


def _environment() -> dict[str, str]:
    """Nothing of ours is the engines' business: no secret in their /proc/PID/environ, no PG* variable to mislead them."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
