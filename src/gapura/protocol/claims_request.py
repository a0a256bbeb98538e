"""The `claims` parameter (OpenID Connect Core §5.5): parsed once, capped, and never more than names and scalars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NoReturn, Self, TypeAlias

from gapura.errors import OAuthError
from gapura.protocol.json_parameter import is_plain, read_json

Scalar: TypeAlias = str | int | float | bool

MOST_CHARACTERS = 4096
MOST_CLAIMS = 64
MOST_VALUES = 16


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """One claim; `values` holds `value` or `values`, in the order of preference."""

    essential: bool = False
    values: tuple[Scalar, ...] = ()


Claims: TypeAlias = Mapping[str, ClaimRequest]
_NONE: Claims = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """The claims asked for one by one, by where they are to go."""

    userinfo: Claims = field(default_factory=lambda: _NONE)
    id_token: Claims = field(default_factory=lambda: _NONE)

    def __bool__(self) -> bool:
        return bool(self.userinfo or self.id_token)

    @property
    def essential_acr(self) -> tuple[str, ...]:
        """The levels of which one must be reached (§5.5.1.1); empty when none is binding."""
        asked = self.id_token.get("acr")
        return _texts(asked.values) if asked is not None and asked.essential else ()

    @property
    def voluntary_acr(self) -> tuple[str, ...]:
        asked = self.id_token.get("acr")
        return _texts(asked.values) if asked is not None and not asked.essential else ()

    @property
    def sub(self) -> str | None:
        """The only subject that may be answered for (§5.5.1)."""
        asked = self.id_token.get("sub")
        return next(iter(_texts(asked.values)), None) if asked is not None else None

    def to_dict(self) -> dict[str, object]:
        return {place: _to_dict(getattr(self, place)) for place in PLACES if getattr(self, place)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, object] | None) -> Self:
        """Of what `to_dict` gave; raises OAuthError("invalid_request") for anything else."""
        return cls(**{place: _claims(place, (stored or {}).get(place)) for place in PLACES})


PLACES = ("userinfo", "id_token")


def parse_claims(text: str | None) -> ClaimsRequest:
    """Raises OAuthError("invalid_request") for what is not a `claims` object, is too long or too deep."""
    if not text:
        return ClaimsRequest()
    parsed = read_json(text, "claims", MOST_CHARACTERS)
    if not isinstance(parsed, dict):
        _refuse("claims is no JSON object")
    return ClaimsRequest.from_dict(parsed)


def _claims(place: str, members: object) -> Claims:
    if members is None:
        return _NONE
    if not isinstance(members, dict) or len(members) > MOST_CLAIMS:
        _refuse(f"claims.{place} is no object of at most {MOST_CLAIMS} claims")
    return MappingProxyType({str(_plain(name)): _claim(asked) for name, asked in members.items()})


def _claim(asked: object) -> ClaimRequest:
    """`null` asks voluntarily; members that are not understood are ignored (§5.5.1)."""
    if asked is None:
        return ClaimRequest()
    if not isinstance(asked, dict):
        _refuse("a claim in claims is neither null nor an object")
    essential = asked.get("essential", False)
    if not isinstance(essential, bool):
        _refuse("essential of a claim in claims is no boolean")
    values = asked.get("values", [asked["value"]] if "value" in asked else [])
    if not isinstance(values, list) or len(values) > MOST_VALUES:
        _refuse(f"values of a claim in claims is no list of at most {MOST_VALUES}")
    return ClaimRequest(essential, tuple(_plain(value) for value in values if isinstance(value, Scalar)))


def _to_dict(claims: Claims) -> dict[str, object]:
    return {
        name: {"essential": asked.essential, "values": list(asked.values)}
        if asked != ClaimRequest()
        else None
        for name, asked in claims.items()
    }


def _texts(values: Sequence[Scalar]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))


def _plain(value: Scalar) -> Scalar:
    if isinstance(value, str) and not is_plain(value):
        _refuse("claims holds a character that cannot be stored")
    return value


def _refuse(description: str) -> NoReturn:
    raise OAuthError("invalid_request", description=description)
