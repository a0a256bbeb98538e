"""Opaque access tokens: the id of their record, and nothing to read in them (RFC 6749 §1.4)."""

from __future__ import annotations

from uuid import UUID

from gapura.protocol.self_proving import Mac, length_of, mint_text, read_text
from gapura.values import Secret, TokenId

_BODY, _TAG = 16, 19
LENGTH = length_of(_BODY, _TAG)


def mint(token_id: TokenId, version: int, mac: Mac) -> Secret:
    """Raises LookupError when `version` names no server key."""
    return mint_text(token_id.bytes, _TAG, version, mac)


def read(text: str, mac: Mac) -> TokenId | None:
    """None for anything that was not minted here."""
    body = read_text(text, _BODY, _TAG, mac)
    return TokenId(UUID(bytes=body)) if body is not None else None
