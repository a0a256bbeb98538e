"""The ways to prove who one is, one row each; a new one is a file here and a row in FACTORS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gapura.identity.factors import password, totp
from gapura.identity.factors.factor import Factor

__all__ = ["FACTORS", "MULTIPLE", "Factor", "amr_of", "second_factors"]

FACTORS: Mapping[str, Factor] = {factor.kind: factor for factor in (password.FACTOR, totp.FACTOR)}

MULTIPLE = "mfa"
_ORDER = (*(factor.amr for factor in FACTORS.values()), MULTIPLE)


def amr_of(proved: Iterable[str]) -> tuple[str, ...]:
    """The `amr` of a sign-in by these methods (RFC 8176 §2): `mfa` is added when they are more than one."""
    methods = set(proved) - {MULTIPLE}
    if len(methods) > 1:
        methods.add(MULTIPLE)
    return tuple(sorted(methods, key=_ORDER.index))


def second_factors(kinds: Iterable[str]) -> frozenset[str]:
    """Of these enrolled kinds the ones that can follow a password."""
    return frozenset(kind for kind in kinds if kind in FACTORS and FACTORS[kind].second)
