"""The process of one import that was started from a page: what it does is told in a file beside the extract.

`python -m gapura.registry.background`, with a `Run` as JSON on its standard input, so that no key stands in the
arguments or the environment.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import orjson

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.errors import StartRefused
from gapura.flow.admin_imports import Mode, RunState
from gapura.flow.records import ActorKind, Note
from gapura.registry.importing import ImportOrder, LoadTarget, Progress, run_import
from gapura.registry.source import FileRefused
from gapura.storage.registry_load import LoadRefused
from gapura.values import Secret

EXTRACT, STATE = "extract", "state.json"
SECONDS_BETWEEN_REPORTS = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    database_url: str = field(repr=False)
    root_keys: str = field(repr=False)
    sandbox: bool
    folder: str
    mode: Mode
    actor_kind: ActorKind
    actor: str
    note: Mapping[str, str] = field(repr=False)


class Teller:
    """Keeps the state of a run in its folder; a reader sees the old or the new one, never half."""

    def __init__(self, folder: Path) -> None:
        self._path, self._next, self.state = folder / STATE, 0.0, RunState()

    def tell(self, state: RunState) -> None:
        self.state = state
        draft = self._path.with_suffix(".new")
        draft.write_bytes(orjson.dumps(asdict(state)))
        draft.rename(self._path)

    def progress(self, told: Progress) -> None:
        if told.load_id == self.state.load_id and monotonic() < self._next:
            return
        self._next = monotonic() + SECONDS_BETWEEN_REPORTS
        self.tell(RunState(told.load_id, min(99, told.done * 100 // max(told.size, 1))))


def run(ordered: Run) -> None:
    folder = Path(ordered.folder)
    teller = Teller(folder)
    extract = folder / EXTRACT
    try:
        _import(ordered, extract, teller)
    except FileRefused as refused:
        teller.tell(replace(teller.state, ended=True, refused="file_wrong", words=str(refused)))
    except LoadRefused as refused:
        teller.tell(replace(teller.state, ended=True, refused="load_running", words=str(refused)))
    except StartRefused as refused:
        teller.tell(replace(teller.state, ended=True, refused="import_failed", words=str(refused)))
    finally:
        extract.unlink(missing_ok=True)
        if not teller.state.ended:
            teller.tell(replace(teller.state, ended=True, refused="import_failed"))


def _import(ordered: Run, extract: Path, teller: Teller) -> None:
    order = ImportOrder(
        extract, ordered.mode, actor=(ordered.actor_kind, ordered.actor), note=Note(**ordered.note)
    )
    target = LoadTarget(ordered.database_url, Secret(ordered.root_keys), ordered.sandbox)
    vault = Vault(RootKeys.parse(ordered.root_keys))
    summary = run_import(order, target, vault, lambda: datetime.now(UTC), teller.progress)
    refused = None if summary.visible else "too_many_rejects"
    teller.tell(RunState(summary.load_id, 100, ended=True, refused=refused))


if __name__ == "__main__":
    run(Run(**orjson.loads(sys.stdin.buffer.read())))
