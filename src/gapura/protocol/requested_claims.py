"""Claims asked for one by one (OpenID Connect Core §5.5.1): capped, and never more than names and scalars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NoReturn, TypeAlias

from gapura.errors import OAuthError
from gapura.protocol.json_parameter import is_plain

Scalar: TypeAlias = str | int | float | bool

MOST_CLAIMS = 64
MOST_VALUES = 16


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """One claim; `values` holds `value` or `values`, in the order of preference."""

    essential: bool = False
    values: tuple[Scalar, ...] = ()

    def is_met_by(self, value: object) -> bool:
        return not self.values or value in self.values


Claims: TypeAlias = Mapping[str, ClaimRequest]
NO_CLAIMS: Claims = MappingProxyType({})


def read_claims(place: str, members: object) -> Claims:
    """Raises OAuthError("invalid_request") with `place` in its words."""
    if members is None:
        return NO_CLAIMS
    if not isinstance(members, dict) or len(members) > MOST_CLAIMS:
        refuse(f"{place} is no object of at most {MOST_CLAIMS} claims")
    return MappingProxyType({str(plain(name)): _claim(asked) for name, asked in members.items()})


def claims_to_dict(claims: Claims) -> dict[str, object]:
    """Read back by `read_claims`."""
    return {
        name: {"essential": asked.essential, "values": list(asked.values)}
        if asked != ClaimRequest()
        else None
        for name, asked in claims.items()
    }


def texts(values: Sequence[Scalar]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))


def plain(value: Scalar) -> Scalar:
    if isinstance(value, str) and not is_plain(value):
        refuse("claims holds a character that cannot be stored")
    return value


def refuse(description: str) -> NoReturn:
    raise OAuthError("invalid_request", description=description)


def _claim(asked: object) -> ClaimRequest:
    """`null` asks voluntarily; members that are not understood are ignored (§5.5.1)."""
    if asked is None:
        return ClaimRequest()
    if not isinstance(asked, dict):
        refuse("a claim in claims is neither null nor an object")
    essential = asked.get("essential", False)
    if not isinstance(essential, bool):
        refuse("essential of a claim in claims is no boolean")
    values = asked.get("values", [asked["value"]] if "value" in asked else [])
    if not isinstance(values, list) or len(values) > MOST_VALUES:
        refuse(f"values of a claim in claims is no list of at most {MOST_VALUES}")
    return ClaimRequest(essential, tuple(plain(value) for value in values if isinstance(value, Scalar)))
