"""Texts that prove themselves: a few bytes and a tag over them, so that a forged one costs no look-up.

`base64url(version 1 B | body | tag)`, the tag a MAC of all before it under the server key of that version. Body and tag
together have two bytes more than a multiple of three: base64 without spare bits, so a text has one spelling.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hmac import compare_digest
from typing import TypeAlias

from gapura.values import Secret

Mac: TypeAlias = Callable[[int, bytes], bytes | None]
"""The MAC under the server key of a version; None when there is no such version."""


def mint_text(body: bytes, tag_bytes: int, version: int, mac: Mac) -> Secret:
    """Raises LookupError when `version` names no server key."""
    head = bytes((version,)) + body
    tag = mac(version, head)
    if tag is None:
        raise LookupError(f"no server key of version {version}")
    return Secret(urlsafe_b64encode(head + tag[:tag_bytes]).decode("ascii"))


def read_text(text: str, body_bytes: int, tag_bytes: int, mac: Mac) -> bytes | None:
    """The body of a text that was minted here; None for anything else."""
    if len(text) != length_of(body_bytes, tag_bytes) or not _ALPHABET.issuperset(text):
        return None
    raw = urlsafe_b64decode(text)
    head, tag = raw[: 1 + body_bytes], raw[1 + body_bytes :]
    expected = mac(head[0], head)
    if expected is None or not compare_digest(expected[:tag_bytes], tag):
        return None
    return head[1:]


def length_of(body_bytes: int, tag_bytes: int) -> int:
    """In characters."""
    return (1 + body_bytes + tag_bytes) * 4 // 3


_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
