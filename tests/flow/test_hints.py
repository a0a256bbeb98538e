from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from gapura.crypto import jwe
from gapura.crypto.algorithms import OWN_ALGS
from gapura.crypto.jose import parse_jwk, sign
from gapura.crypto.signing_keys import KeyRing, generate
from gapura.flow.hints import Hints
from gapura.protocol.id_token import id_token_claims
from gapura.protocol.id_token_hint import IdTokenHint
from gapura.values import Secret
from tests.protocol.samples import ISSUER, NOW, client_of, grant_of


@dataclass(frozen=True)
class Held:
    value: KeyRing


RING, FOREIGN = (KeyRing([generate(alg, NOW, "active") for alg in OWN_ALGS]) for _ in range(2))
HINTS = Hints(ISSUER, Held(RING))
LATER = NOW + timedelta(days=400)


def id_token(ring: KeyRing = RING) -> str:
    claims = id_token_claims(
        grant_of(), client_of(), ISSUER, issued_at=NOW, expires_at=NOW + timedelta(minutes=5)
    )
    return sign(ring.active("ES256"), claims, "JWT")


def encrypted(content: str, alg: str, ring: KeyRing = RING) -> str:
    key = parse_jwk(ring.active(alg.partition("+")[0]).public_jwk)
    return jwe.encrypt(content.encode(), key, alg, "A256GCM", cty="JWT")


@pytest.mark.parametrize("alg", jwe.KEY_ALGS)
def test_a_hint_counts_when_it_is_encrypted_to_us(alg: str) -> None:
    """OpenID Connect Core §3.1.2.1; and when it has expired, too."""
    plain = HINTS.read(Secret(id_token()), LATER)
    assert isinstance(plain, IdTokenHint)
    assert HINTS.read(Secret(encrypted(id_token(), alg)), LATER) == plain


@pytest.mark.parametrize(
    "hint",
    [
        encrypted(id_token(), "ECDH-ES", FOREIGN),
        encrypted(id_token(FOREIGN), "ECDH-ES"),
        encrypted(encrypted(id_token(), "ECDH-ES"), "ECDH-ES"),
        encrypted("§", "ECDH-ES"),
        encrypted("{}", "ECDH-ES"),
        "....",
    ],
    ids=["to others", "by others", "twice", "no ASCII", "no JWT", "nothing"],
)
def test_a_hint_that_is_not_ours_is_none(hint: str) -> None:
    assert HINTS.read(Secret(hint), NOW) is None
