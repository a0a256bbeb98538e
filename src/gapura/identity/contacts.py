"""What people type to say who they are, brought to the one form that is looked up."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gapura.identity.nik import LENGTH, digits_of

ContactKind: TypeAlias = Literal["email", "phone", "operator"]
Kind: TypeAlias = Literal["nik", "email", "phone", "operator", "unknown"]

LONGEST_EMAIL = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
LONGEST_TYPED = 320

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@(?:[^@\s.\x00-\x1f\x7f]{1,63}\.)+[^@\s.\x00-\x1f\x7f]{2,63}")
_OPERATOR = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_TYPED_IN_PHONES = str.maketrans("", "", " .-()\t\u00a0\u2010\u2011\u2012\u2013")
# Trunk prefix 0, or the country code as it is dialled and as it is written.
_PHONE = re.compile(r"(?:\+62|0062|62|0)0?([1-9][0-9]{6,11})")


@dataclass(frozen=True, slots=True, repr=False)
class Contacts:
    email: str | None = None
    email_verified: bool = False
    phone: str | None = None
    phone_verified: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Identifier:
    """`value` is the normal form: equal values are the same address, number or name."""

    kind: Kind
    value: str


def read_identifier(typed: str) -> Identifier:
    """What a person typed into the sign-in form; kind `unknown` when it can be nothing that Gapura knows."""
    text = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).strip()
    digits = digits_of(text)
    if len(digits) == LENGTH and digits.isascii() and digits.isdigit():
        return Identifier("nik", digits)
    for kind, read in (("email", email_of), ("phone", phone_of), ("operator", operator_name_of)):
        value = read(text)
        if value is not None:
            return Identifier(kind, value)  # type: ignore[arg-type]
    return Identifier("unknown", text.casefold())


def email_of(text: str) -> str | None:
    """The address in lower case; None when it is none. No mailbox in use tells cases apart."""
    address = unicodedata.normalize("NFKC", text).strip().lower()
    return address if len(address) <= LONGEST_EMAIL and _EMAIL.fullmatch(address) else None


def phone_of(text: str) -> str | None:
    """An Indonesian number in E.164, from `0812-3456-7890`, `62 812…`, `+62 (0)812…`; None when it is none."""
    match = _PHONE.fullmatch(unicodedata.normalize("NFKC", text).translate(_TYPED_IN_PHONES))
    return f"+62{match[1]}" if match else None


def operator_name_of(text: str) -> str | None:
    name = unicodedata.normalize("NFKC", text).strip().casefold()
    return name if _OPERATOR.fullmatch(name) else None
