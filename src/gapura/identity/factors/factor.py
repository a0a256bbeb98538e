"""What the rest of the program needs to know of a factor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Factor:
    """`kind` names its credentials and its page, `amr` is its value of RFC 8176 §2.

    `second`: it can follow a first factor.
    """

    kind: str
    amr: str
    second: bool
