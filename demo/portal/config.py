"""Which portal this is, where it stands and where it keeps its registration."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LANGUAGES = ("id", "en")


@dataclass(frozen=True, slots=True)
class Portal:
    """One agency's portal; `url` and `issuer` are origins without a slash at the end."""

    key: str
    issuer: str
    url: str
    home: Path
    scope: str
    alg: str
    cookie: str
    texts: Mapping[str, Mapping[str, Any]]

    @property
    def registration_file(self) -> Path:
        return self.home / "portals" / f"{self.key}.json"


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((HERE / "portals.toml").read_text())


def portal_names() -> tuple[str, ...]:
    return tuple(_table())


def portal_port(key: str, gapura_port: int) -> int:
    """Where the demo runs this portal when Gapura is at `gapura_port`."""
    return gapura_port + int(_table()[key]["port"])


def load_portal(key: str, *, issuer: str, port: int, home: Path) -> Portal:
    """Raises KeyError for a name that `portals.toml` does not have."""
    row = _table()[key]
    return Portal(
        key=key,
        issuer=issuer,
        url=f"http://localhost:{port}",
        home=home,
        scope=row["scope"],
        alg=row["alg"],
        cookie=row["cookie"],
        texts={language: row[language] for language in LANGUAGES},
    )
