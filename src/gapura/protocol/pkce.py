"""PKCE, S256 alone (RFC 7636, RFC 9700 §2.1.1)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest

CODE_CHALLENGE_METHODS = ("S256",)  # `plain` shows the verifier to whoever reads the request

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 §4.1


def is_challenge(text: str) -> bool:
    return _CHALLENGE.fullmatch(text) is not None


def is_verifier(text: str) -> bool:
    return _VERIFIER.fullmatch(text) is not None


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def matches(verifier: str, challenge: str) -> bool:
    return is_verifier(verifier) and compare_digest(challenge_of(verifier), challenge)
