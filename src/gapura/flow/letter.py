"""A letter: what goes out by mail, whoever wrote it and whichever way it goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """Plain text; `language` by BCP 47."""

    subject: str
    text: str
    language: str
