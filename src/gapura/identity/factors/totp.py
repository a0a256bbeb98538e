"""Codes of an authenticator app (RFC 6238), each good for one use."""

from __future__ import annotations

import base64
import hmac
import re
import unicodedata

import pyotp

from gapura.identity.factors.factor import Factor
from gapura.values import Instant, Secret

FACTOR = Factor("totp", "otp", second=True)

STEP_SECONDS = 30
WINDOW = 1
"""Steps before and after this one whose codes are taken too: clocks differ, and people type slowly."""

SECRET_BYTES = 20  # RFC 4226 §4, R6
_TYPED_BETWEEN = re.compile(r"[\s-]+")
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


class _Totp(pyotp.TOTP):
    """Takes the 80 bits that many apps' examples have, the sandbox's people among them; ours have 160."""

    min_secret_length_bits = 80


def typed_code(text: str) -> str | None:
    """The six digits of what a person typed; None when it is no code.

    Apps show `123 456`, and some keyboards give full-width digits, which NFKC makes plain ones.
    """
    digits = _TYPED_BETWEEN.sub("", unicodedata.normalize("NFKC", text[:64]))
    return digits if _CODE.fullmatch(digits) else None


def matching_step(secret: Secret, code: str, now: Instant) -> int | None:
    """The time step that `code` belongs to, within the window around `now`.

    Whether that step may still be used is for the store to say, in one statement (RFC 6238 §5.2).
    """
    current = step_at(now)
    steps = range(current - WINDOW, current + WINDOW + 1)
    # Each step is compared, so that time tells nothing of which one it was.
    matching = [step for step in steps if hmac.compare_digest(code_of(secret, step), code)]
    return matching[-1] if matching else None


def step_at(now: Instant) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def code_of(secret: Secret, step: int) -> str:
    """The code of one time step (RFC 6238 §4.2)."""
    return _Totp(secret.reveal(), interval=STEP_SECONDS).generate_otp(step)


def secret_of(random_bytes: bytes) -> Secret:
    """A new secret out of SECRET_BYTES of randomness, in base32 as apps take it."""
    return Secret(base64.b32encode(random_bytes).decode())


def enrolment_uri(secret: Secret, account_name: str, issuer_name: str) -> Secret:
    """The `otpauth:` address that an app reads from a picture."""
    totp = _Totp(secret.reveal(), interval=STEP_SECONDS)
    return Secret(totp.provisioning_uri(name=account_name, issuer_name=issuer_name))
