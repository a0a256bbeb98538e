"""An `id_token_hint`: an ID token of ours that comes back, good for its word on whom it was about even when expired."""

from __future__ import annotations

from dataclasses import dataclass

from gapura.crypto import jwe
from gapura.crypto.algorithms import ALGS
from gapura.crypto.jose import TokenRefused, verify
from gapura.crypto.signing_keys import KeyRing
from gapura.flow.access_tokens import HasKeys
from gapura.protocol.id_token import TYP
from gapura.protocol.id_token_hint import IdTokenHint
from gapura.values import Instant, Secret


@dataclass(frozen=True, slots=True)
class Hints:
    issuer: str
    keys: HasKeys

    def read(self, hint: Secret | None, now: Instant) -> IdTokenHint | None:
        """None for what is missing, unsigned, foreign or changed.

        A client that got it encrypted may encrypt it to us in its turn (OpenID Connect Core §3.1.2.1).
        """
        if hint is None:
            return None
        keys = self.keys.value
        try:
            claims = verify(
                _signed(hint.reveal(), keys), keys.public_keys, algs=ALGS, now=now, typ=TYP, iss=self.issuer,
                leeway=float("inf"), require=("sub", "aud"),
            )  # fmt: skip
        except TokenRefused:
            return None
        return IdTokenHint.of(claims)


def _signed(text: str, keys: KeyRing) -> str:
    """Raises TokenRefused."""
    if text.count(".") != jwe.PARTS - 1:
        return text
    return jwe.decrypt(text, keys).decode("ascii", "replace")
