"""A purpose: why an agency may get attributes, under which law, in words for the person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gapura.values import AgencyId, PurposeId

SOURCE = "id"
CONSENT = "CONSENT"
LEGAL_BASES = (CONSENT, "CONTRACT", "LEGAL_DUTY", "VITAL", "PUBLIC_TASK", "LEGITIMATE")  # UU PDP article 20


@dataclass(frozen=True, slots=True)
class Purpose:
    """`titles` and `texts` by language; a new text is a new version with an id of its own."""

    id: PurposeId
    agency_id: AgencyId
    code: str
    version: int
    titles: Mapping[str, str]
    texts: Mapping[str, str]
    legal_basis: str
    law: str
    retention_days: int
    essential: tuple[str, ...]
    voluntary: tuple[str, ...]

    @property
    def attributes(self) -> frozenset[str]:
        return frozenset(self.essential) | frozenset(self.voluntary)


def in_language(texts: Mapping[str, str], locale: str) -> str:
    """What an agency wrote, in Indonesian where it gave no words of this language."""
    return texts.get(locale) or texts[SOURCE]


def text_version(purposes: Sequence[Purpose]) -> str:
    return " ".join(f"{p.code}/{p.version}" for p in purposes)


def text_digest(purposes: Sequence[Purpose], locale: str) -> bytes:
    """SHA-256 of the words the person saw, as proof of what was agreed to (UU PDP articles 22 to 24)."""
    digest = hashlib.sha256()
    for purpose in purposes:
        for part in (
            str(purpose.id),
            in_language(purpose.titles, locale),
            in_language(purpose.texts, locale),
            purpose.legal_basis,
            purpose.law,
            str(purpose.retention_days),
            ",".join(purpose.essential),
            ",".join(purpose.voluntary),
        ):
            raw = part.encode()
            digest.update(len(raw).to_bytes(4) + raw)
    return digest.digest()
