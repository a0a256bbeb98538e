"""Both engines together, held for as long as a `with` block runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gapura.embedded.home import hold_home, socket_folder
from gapura.embedded.postgres import start_postgres
from gapura.embedded.process import Engine
from gapura.embedded.valkey import start_valkey


@dataclass(frozen=True, slots=True)
class Engines:
    """Two running engines and where they listen."""

    database_url: str
    redis_url: str
    postgres: Engine
    valkey: Engine


@contextmanager
def run_engines(home: Path, *, durable: bool = True) -> Iterator[Engines]:
    """Run PostgreSQL and Valkey on the data in `home`, and stop them cleanly at the end.

    `durable=False` is for tests: nothing waits for the disk. Raises EngineRefused, in one line, where they cannot
    start: the home is in use, the wheels are missing, a log tells more.
    """
    home = home.resolve()
    with ExitStack() as stack:
        inherit = stack.enter_context(hold_home(home))
        sockets = socket_folder(home)
        postgres, database_url = start_postgres(home, sockets, inherit, durable=durable)
        stack.callback(postgres.stop)
        valkey, redis_url = start_valkey(home, sockets, inherit, durable=durable)
        stack.callback(valkey.stop)
        yield Engines(database_url, redis_url, postgres, valkey)
