"""Verified claims out of what the registry knows: what was asked for, agreed to, and meets what was asked of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gapura.disclosure.attributes import ATTRIBUTE_OF_CLAIM, Claims
from gapura.disclosure.verification import TRUST_FRAMEWORK, VERIFIABLE, verification
from gapura.protocol.verified_claims import Unmet, VerifiedClaimsRequest, narrowed
from gapura.values import Instant


@dataclass(frozen=True, slots=True)
class Verified:
    """`sets` are the members of the answer, `attributes` those of which it tells something."""

    sets: tuple[dict[str, object], ...]
    attributes: frozenset[str]

    @property
    def claims(self) -> dict[str, object]:
        """None at all, one set, or a list of them (OpenID Connect for Identity Assurance §5.6)."""
        if not self.sets:
            return {}
        return {"verified_claims": self.sets[0] if len(self.sets) == 1 else list(self.sets)}


def asked_attributes(asked: Iterable[VerifiedClaimsRequest]) -> frozenset[str]:
    return frozenset(ATTRIBUTE_OF_CLAIM[name] for one in asked for name in one.claims if name in VERIFIABLE)


def verified(
    asked: Iterable[VerifiedClaimsRequest], known: Claims, recorded_at: Instant, now: Instant
) -> Verified:
    """`known` are the claims that may go out; which of them do is for each set to say (§5.7)."""
    sets: list[dict[str, object]] = []
    told: set[str] = set()
    for one in asked:
        try:
            proof = narrowed(one.verification, verification(recorded_at), now)
        except Unmet:
            continue
        agreed = {name: wish for name, wish in one.claims.items() if name in known}
        # A value that isn't the one asked for is left out, and that tells something of it too.
        told.update(ATTRIBUTE_OF_CLAIM[name] for name in agreed)
        claims = {name: known[name] for name, wish in agreed.items() if wish.is_met_by(known[name])}
        sets.append(
            {"verification": proof if claims else {"trust_framework": TRUST_FRAMEWORK}, "claims": claims}
        )
    return Verified(tuple(sets), frozenset(told))
