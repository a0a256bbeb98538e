"""Verified claims as they are asked for, and what of a verification an answer holds (OpenID Connect for Identity Assurance).

Whatever is unknown or doesn't fit is left out; nothing of it makes a request fail (§5.7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from gapura.protocol.requested_claims import Claims, claims_to_dict, plain, read_claims, refuse
from gapura.values import Instant

NAME = "verified_claims"
MOST_SETS = 8
MOST_DEPTH = 8
MOST_MEMBERS = 64

CONSTRAINTS = frozenset({"value", "values", "max_age"})  # §5.5
QUERY_MEMBERS = CONSTRAINTS | {"essential", "purpose"}
# Without these what holds them would be none: they come with it, asked for or not (§5.7.5).
REQUIRED = ("trust_framework", "type", "check_method")


@dataclass(frozen=True, slots=True)
class VerifiedClaimsRequest:
    """One set of claims, and the verification that they must have; `verification` is as it was sent (§5.4)."""

    verification: Mapping[str, Any] = field(repr=False)
    claims: Claims

    def to_dict(self) -> dict[str, object]:
        return {"verification": dict(self.verification), "claims": claims_to_dict(self.claims)}

    @classmethod
    def read(cls, asked: object) -> Self:
        """Raises OAuthError("invalid_request")."""
        if not isinstance(asked, dict) or not isinstance(asked.get("verification"), dict):
            refuse(f"{NAME} has no verification")
        if not asked.get("claims"):
            refuse(f"{NAME} asks for no claims")
        _check_plain(asked["verification"], MOST_DEPTH)
        return cls(asked["verification"], read_claims(f"claims of {NAME}", asked["claims"]))


def read_verified(asked: object) -> tuple[VerifiedClaimsRequest, ...]:
    """One set, or a list of them (§5.6). Raises OAuthError("invalid_request")."""
    if asked is None:
        return ()
    sets = asked if isinstance(asked, list) else [asked]
    if len(sets) > MOST_SETS:
        refuse(f"{NAME} has more than {MOST_SETS} sets")
    return tuple(VerifiedClaimsRequest.read(one) for one in sets)


def _check_plain(asked: object, depth: int) -> None:
    if depth == 0:
        refuse(f"verification of {NAME} is nested too deeply")
    if isinstance(asked, dict | list):
        if len(asked) > MOST_MEMBERS:
            refuse(f"verification of {NAME} has a part of more than {MOST_MEMBERS} members")
        for one in asked.values() if isinstance(asked, dict) else asked:
            _check_plain(one, depth - 1)
        for name in asked if isinstance(asked, dict) else ():
            plain(name)
    elif isinstance(asked, str):
        plain(asked)


class Unmet(Exception):
    """What is known doesn't meet what was asked of it: the whole set is left out (§5.7.4)."""


def narrowed(asked: object, known: Any, now: Instant) -> Any:  # noqa: ANN401 -- whatever a verification is made of
    """Of `known` what was asked for. Raises Unmet."""
    if isinstance(known, Mapping):
        return _narrowed_object(asked, known, now)
    if isinstance(known, list):
        return _narrowed_list(asked, known, now)
    if isinstance(asked, Mapping) and not _is_met(asked, known, now):
        raise Unmet
    return known


def _narrowed_object(asked: object, known: Mapping[str, Any], now: Instant) -> dict[str, Any]:
    if asked is None:
        return dict(known)
    if not isinstance(asked, Mapping) or not CONSTRAINTS.isdisjoint(asked):
        raise Unmet
    kept = {name: known[name] for name in REQUIRED if name in known}
    for name, wish in asked.items():
        if name in known:
            kept[name] = narrowed(wish, known[name], now)
        elif name not in QUERY_MEMBERS and _constrains(wish):
            raise Unmet
    return kept


def _narrowed_list(asked: object, known: list[Any], now: Instant) -> list[Any]:
    """§5.4: each entry of `asked` is a filter, and one of them is enough."""
    if asked is None:
        return known
    filters = asked if isinstance(asked, list) else [asked]
    kept = [found for one in known if (found := _by_first_filter(filters, one, now)) is not None]
    if not kept:
        raise Unmet
    return kept


def _by_first_filter(filters: Sequence[object], known: object, now: Instant) -> object | None:
    for one in filters:
        try:
            return narrowed(one, known, now)  # type: ignore[no-any-return]  # as it is known
        except Unmet:
            continue
    return None


def _is_met(asked: Mapping[str, Any], known: object, now: Instant) -> bool:
    values = asked.get("values", [asked["value"]] if "value" in asked else None)
    if values is not None and (not isinstance(values, list) or known not in values):
        return False
    return "max_age" not in asked or _is_young(known, asked["max_age"], now)


def _is_young(known: object, max_age: object, now: Instant) -> bool:
    """§5.5.2; what is no time, and no number of seconds, meets nothing."""
    if isinstance(max_age, bool) or not isinstance(max_age, int | float) or not isinstance(known, str):
        return False
    try:
        return now.timestamp() - datetime.fromisoformat(known).timestamp() <= max_age
    except ValueError:
        return False


def _constrains(asked: object) -> bool:
    if isinstance(asked, list):
        return any(_constrains(one) for one in asked)
    if not isinstance(asked, Mapping):
        return False
    return not CONSTRAINTS.isdisjoint(asked) or any(_constrains(one) for one in asked.values())
