"""Everything that can be refused, as one tree; `web/errors.py` is the one place that renders it.

GapuraError
├── OAuthError       an error code of an RFC: JSON from an API, parameters of a redirect from /authorize
├── PageError        what a person did or met: a page with one stable phrase
├── TooMany          a limit was reached, or a bounded pool is full: come back later
└── Unavailable      a store is away: never mistaken for a wrong credential

StartRefused stands apart: nobody's request failed, the program must not start or a command cannot be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E
_DESCRIPTION_CHARS = frozenset(map(chr, (*range(0x20, 0x22), *range(0x23, 0x5C), *range(0x5D, 0x7F))))


@dataclass(eq=False)
class GapuraError(Exception):
    """`code` is stable and for programs, `detail` is for the log alone and holds no personal data."""

    code: str
    detail: str = ""
    status: int = 400
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


@dataclass(eq=False)
class OAuthError(GapuraError):
    """An error of RFC 6749 §4.1.2.1 or §5.2 or of a later RFC's registry.

    `description` goes to the client; what falls outside RFC 6749's character set becomes a blank.
    """

    description: str = ""

    def __post_init__(self) -> None:
        self.description = "".join(c if c in _DESCRIPTION_CHARS else " " for c in self.description)


@dataclass(eq=False)
class PageError(GapuraError):
    """`code` names a phrase of the catalogue (`web/phrases.py`), the same for every cause it covers."""


@dataclass(eq=False)
class TooMany(GapuraError):
    """A limit was reached; `retry_after` in seconds."""

    status: int = 429
    retry_after: int = 60


@dataclass(eq=False)
class Unavailable(GapuraError):
    """A store, the key service or a pool could not serve; `retry_after` in seconds."""

    status: int = 503
    retry_after: int = 5


class StartRefused(Exception):
    """One line for the person at the terminal; `cli/` prints it and ends with exit code 1."""
