"""The `claims` parameter (OpenID Connect Core §5.5): parsed once, capped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from gapura.protocol.json_parameter import read_json
from gapura.protocol.requested_claims import NO_CLAIMS, Claims, claims_to_dict, read_claims, refuse, texts
from gapura.protocol.verified_claims import NAME as VERIFIED
from gapura.protocol.verified_claims import VerifiedClaimsRequest, read_verified

MOST_CHARACTERS = 4096


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """The claims asked for one by one, by where they are to go; those that must be verified stand apart."""

    userinfo: Claims = field(default_factory=lambda: NO_CLAIMS)
    id_token: Claims = field(default_factory=lambda: NO_CLAIMS)
    verified_userinfo: tuple[VerifiedClaimsRequest, ...] = ()
    verified_id_token: tuple[VerifiedClaimsRequest, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.userinfo or self.id_token or self.verified_userinfo or self.verified_id_token)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.userinfo, *self.id_token)

    @property
    def verified_names(self) -> tuple[str, ...]:
        return tuple(
            name for one in (*self.verified_userinfo, *self.verified_id_token) for name in one.claims
        )

    @property
    def essential_acr(self) -> tuple[str, ...]:
        """The levels of which one must be reached (§5.5.1.1); empty when none is binding."""
        asked = self.id_token.get("acr")
        return texts(asked.values) if asked is not None and asked.essential else ()

    @property
    def voluntary_acr(self) -> tuple[str, ...]:
        asked = self.id_token.get("acr")
        return texts(asked.values) if asked is not None and not asked.essential else ()

    @property
    def sub(self) -> str | None:
        """The only subject that may be answered for (§5.5.1)."""
        asked = self.id_token.get("sub")
        return next(iter(texts(asked.values)), None) if asked is not None else None

    def to_dict(self) -> dict[str, object]:
        if not self:
            return {}
        stored = {
            place: _stored(getattr(self, place), getattr(self, f"verified_{place}")) for place in PLACES
        }
        return {place: members for place, members in stored.items() if members}

    @classmethod
    def from_dict(cls, stored: Mapping[str, object] | None) -> Self:
        """Of what `to_dict` gave; raises OAuthError("invalid_request") for anything else."""
        fields: dict[str, Any] = {}
        for place in PLACES:
            members = (stored or {}).get(place)
            if isinstance(members, dict) and VERIFIED in members:
                fields[f"verified_{place}"] = read_verified(members[VERIFIED])
                members = {name: asked for name, asked in members.items() if name != VERIFIED}
            fields[place] = read_claims(f"claims.{place}", members)
        return cls(**fields)


PLACES = ("userinfo", "id_token")


def parse_claims(text: str | None) -> ClaimsRequest:
    """Raises OAuthError("invalid_request") for what is not a `claims` object, is too long or too deep."""
    if not text:
        return ClaimsRequest()
    parsed = read_json(text, "claims", MOST_CHARACTERS)
    if not isinstance(parsed, dict):
        refuse("claims is no JSON object")
    return ClaimsRequest.from_dict(parsed)


def _stored(claims: Claims, verified: tuple[VerifiedClaimsRequest, ...]) -> dict[str, object]:
    sets: dict[str, object] = {VERIFIED: [one.to_dict() for one in verified]} if verified else {}
    return claims_to_dict(claims) | sets
