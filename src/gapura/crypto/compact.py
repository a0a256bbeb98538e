"""What signed and encrypted tokens share in their compact form (RFC 7515 §3.1, RFC 7516 §3.1): parts and a header."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from gapura.crypto.strict_json import BadJson, load_object
from gapura.errors import GapuraError

MAX_HEADER_BYTES = 4_096  # a PS256 DPoP proof carries its RSA key in it
MAX_TOKEN_CHARS = 60_000


@dataclass(eq=False)
class TokenRefused(GapuraError):
    """A token that isn't to be believed.

    `code` is one of malformed, algorithm, unknown_key, signature, sealed, typ, missing, bad_claim, expired, not_yet,
    issuer, audience.
    """

    @property
    def reason(self) -> str:
        return self.code


def split(token: str, parts: int) -> list[bytes]:
    """The parts as they stand there, in base64url. Raises TokenRefused("malformed")."""
    if len(token) > MAX_TOKEN_CHARS or not token.isascii():
        raise TokenRefused("malformed", "too long or not ASCII")
    found = token.encode().split(b".")
    if len(found) != parts:
        raise TokenRefused("malformed", f"not {parts} parts")
    return found


def read_header(text: bytes) -> dict[str, Any]:
    """Raises TokenRefused("malformed")."""
    try:
        header = load_object(text, MAX_HEADER_BYTES)
    except BadJson as error:
        raise TokenRefused("malformed", f"header: {error}") from None
    if "crit" in header or "b64" in header:  # RFC 7515 §4.1.11: no extension is understood here
        raise TokenRefused("malformed", "header extensions")
    return header


def b64encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def b64decode(text: bytes) -> bytes:
    """Only what encodes to the same text again: no padding, blanks, foreign characters or stray last bits."""
    try:
        data = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        raise TokenRefused("malformed", "base64url") from None
    if b64encode(data) != text:
        raise TokenRefused("malformed", "base64url")
    return data
