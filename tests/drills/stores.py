"""A PostgreSQL and a Valkey of a drill's own, that can be frozen, killed and started again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gapura.cli.db import upgrade_to_head
from gapura.embedded.home import hold_home, socket_folder
from gapura.embedded.postgres import start_postgres
from gapura.embedded.process import Engine
from gapura.embedded.valkey import start_valkey


@dataclass(slots=True)
class OwnStores:
    home: Path
    database_url: str
    redis_url: str
    postgres: Engine
    valkey: Engine
    _inherit: int

    def start_postgres(self) -> None:
        self.postgres, _ = start_postgres(self.home, socket_folder(self.home), self._inherit, durable=True)

    def start_valkey(self) -> None:
        self.valkey, _ = start_valkey(self.home, socket_folder(self.home), self._inherit, durable=True)

    @contextmanager
    def without_postgres(self, how: str) -> Iterator[None]:
        """`stopped`: it refuses connections; `hanging`: it takes them and says nothing."""
        if how == "hanging":
            with frozen(self.postgres, *_children(self.postgres)):
                yield
        else:
            self.postgres.stop()
            yield
            self.start_postgres()

    @contextmanager
    def without_valkey(self, how: str) -> Iterator[None]:
        """`killed` or `hanging`."""
        if how == "hanging":
            with frozen(self.valkey):
                yield
        else:
            self.valkey.process.kill()
            self.valkey.process.wait()
            yield
            self.start_valkey()


@contextmanager
def own_stores(home: Path) -> Iterator[OwnStores]:
    """Durable ones, migrated; they stop with the block, whatever was done to them."""
    with hold_home(home) as inherit:
        sockets = socket_folder(home)
        postgres, database_url = start_postgres(home, sockets, inherit, durable=True)
        valkey, redis_url = start_valkey(home, sockets, inherit, durable=True)
        stores = OwnStores(home, database_url, redis_url, postgres, valkey, inherit)
        try:
            upgrade_to_head(database_url)
            yield stores
        finally:
            for engine in (stores.valkey, stores.postgres):
                if engine.process.poll() is None:
                    engine.stop()


@contextmanager
def frozen(*processes: Engine | int) -> Iterator[None]:
    """SIGSTOP now, SIGCONT at the end."""
    ids = [one if isinstance(one, int) else one.process.pid for one in processes]
    for process in ids:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in ids:
            os.kill(process, signal.SIGCONT)


def _children(engine: Engine) -> list[int]:
    pid = engine.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
