"""Signed and encrypted tokens of any shape: taken by the rules alone, refused in one way, and nothing else ever."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from gapura.crypto.algorithms import ALGORITHMS, SignatureKey
from gapura.crypto.jose import PublicKeys, TokenRefused, parse_jwk, sign, verify
from gapura.crypto.jwe import ENCS, decrypt, encrypt
from gapura.crypto.public_keys import KeysRefused
from gapura.crypto.signing_keys import KeyRing, generate

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
AT = int(NOW.timestamp())
KEY, OTHER = generate("ES256", NOW, "active"), generate("ES256", NOW, "active")
KEYS: PublicKeys = KeyRing([KEY]).public_keys
READER = ECKey.generate_key("P-256", {"kid": "reader", "use": "enc"})
ISSUER, AUDIENCE = "https://id.example", "portal"

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
TIMES: st.SearchStrategy[Any] = st.sampled_from(
    [AT - 1, AT, AT + 1, float(AT), 0, -1, 2**53, 2**53 + 1, True, None, "1", [], 1e300]
)
HEADERS = st.fixed_dictionaries(
    {"alg": st.sampled_from(["ES256"] * 6 + ["none", "HS256", "EdDSA", "RS256", None, 1])},
    optional={
        "kid": st.sampled_from([KEY.kid, KEY.kid, OTHER.kid, "", 1, None]),
        "typ": st.sampled_from(["JWT", "jwt", "application/jwt", "at+jwt", "", None, 1]),
        "crit": st.lists(TEXTS, max_size=2),
        "b64": st.booleans(),
        "jwk": st.just(OTHER.public_jwk),
        "jku": st.just("https://elsewhere.example/jwks"),
    },
)
CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        "iss": st.sampled_from([ISSUER, ISSUER, ISSUER + "/", "", None, [ISSUER]]),
        "aud": st.sampled_from(
            [AUDIENCE, [AUDIENCE], ["x", AUDIENCE], "x", [], None, [AUDIENCE, 1], {AUDIENCE: 1}]
        ),
        "exp": TIMES,
        "nbf": TIMES,
        "iat": TIMES,
        "sub": JSON,
        "more": JSON,
    },
)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """With a good signature of KEY, whatever the header says."""
    text = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{text}.{b64(ALGORITHMS['ES256'].sign(text.encode(), KEY.private))}"


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 2**53


def may_be_taken(header: dict[str, Any], claims: dict[str, Any]) -> bool:
    """RFC 7519 §7.2 and RFC 8725 §3 once more, in the plainest words there are."""
    typ, audience = header.get("typ"), claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    return (
        header["alg"] == "ES256"
        and header.get("kid") in (KEY.kid, None)
        and {"crit", "b64"}.isdisjoint(header)
        and isinstance(typ, str)
        and typ.lower() in ("jwt", "application/jwt")
        and claims.get("iss") == ISSUER
        and AUDIENCE in listed
        and all(isinstance(one, str) for one in listed)
        and "exp" in claims
        and all(map(is_number, times.values()))
        and times["exp"] > AT >= times.get("nbf", 0)
    )


def taken(token: str) -> dict[str, Any] | None:
    try:
        return verify(token, KEYS, algs=("ES256",), now=NOW, typ="JWT", iss=ISSUER, aud=AUDIENCE)
    except TokenRefused:
        return None


@given(HEADERS, CLAIMS)
@example({"alg": "ES256", "typ": "JWT"}, {"iss": ISSUER, "aud": AUDIENCE, "exp": AT + 1})
@example(
    {"alg": "ES256", "typ": "JWT", "kid": KEY.kid},
    {"iss": ISSUER, "aud": [AUDIENCE], "exp": AT + 1, "nbf": AT},
)
def test_a_token_is_taken_when_the_rules_say_so_and_then_it_says_what_was_signed(
    header: dict[str, Any], claims: dict[str, Any]
) -> None:
    assert taken(signed(header, claims)) == (claims if may_be_taken(header, claims) else None)


GOOD = sign(KEY, {"iss": ISSUER, "aud": AUDIENCE, "exp": AT + 60, "sub": "s"}, "JWT")


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="utf-8"))
def test_a_token_with_another_character_is_no_token(place: int, other: str) -> None:
    assume(other != GOOD[place])
    assert taken(GOOD[:place] + other + GOOD[place + 1 :]) is None


@given(JSON, JSON, st.binary(max_size=80))
def test_parts_of_any_content_are_refused(header: object, claims: object, signature: bytes) -> None:
    head, body, proof = GOOD.split(".")
    made = [b64(json.dumps(header).encode()), b64(json.dumps(claims).encode()), b64(signature)]
    for token in (
        ".".join(made),
        f"{head}.{made[1]}.{proof}",
        f"{made[0]}.{body}.{proof}",
        f"{head}.{body}.{made[2]}",
    ):
        assert token == GOOD or taken(token) is None


@given(CLAIMS, st.sampled_from([OTHER.public_jwk, KEY.public_jwk]))
def test_a_key_of_the_tokens_own_never_counts(claims: dict[str, Any], jwk: dict[str, Any]) -> None:
    text = f"{b64(json.dumps({'alg': 'ES256', 'typ': 'JWT', 'jwk': jwk}).encode())}.{b64(json.dumps(claims).encode())}"
    assert taken(f"{text}.{b64(ALGORITHMS['ES256'].sign(text.encode(), OTHER.private))}") is None


@given(
    st.dictionaries(
        st.sampled_from(["kty", "crv", "x", "y", "n", "e", "d", "k", "kid", "use", "alg", "key_ops"]), JSON
    )
)
@example({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"})
@example({"kty": "RSA", "n": "AQAB", "e": "AQAB"})
@example({"kty": "OKP", "crv": "Ed25519", "x": ""})
def test_a_jwk_of_any_content_is_a_key_or_is_refused(jwk: dict[str, Any]) -> None:
    with suppress(KeysRefused):
        assert parse_jwk(jwk).is_private is False


@dataclass(frozen=True)
class Reader:
    def decrypting(self, kid: str | None, alg: str) -> SignatureKey | None:
        return READER if kid in {"reader", None} and alg.startswith("ECDH") else None


ENVELOPES = st.fixed_dictionaries(
    {
        "alg": st.sampled_from(
            ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW", "RSA-OAEP-256", "dir", "PBES2-HS256+A128KW", 1]
        ),
        "enc": st.sampled_from([*ENCS, "A256CBC-HS512", None]),
    },
    optional={
        "kid": st.sampled_from(["reader", "other", 1]),
        "epk": st.sampled_from([READER.as_dict(private=False), {}, None]) | JSON,
        "apu": JSON,
        "apv": JSON,
        "zip": st.just("DEF"),
        "p2c": st.just(2**31),
        "crit": st.just(["exp"]),
    },
)


@given(ENVELOPES, st.tuples(*(st.binary(max_size=size) for size in (48, 20, 64, 20))))
def test_what_nobody_encrypted_to_us_opens_nothing(header: dict[str, Any], parts: tuple[bytes, ...]) -> None:
    token = ".".join((b64(json.dumps(header).encode()), *map(b64, parts)))
    with suppress(TokenRefused):
        raise AssertionError(decrypt(token, Reader()))


SEALED = encrypt(GOOD.encode(), READER, "ECDH-ES+A256KW", "A128CBC-HS256", cty="JWT")


@given(st.integers(0, len(SEALED) - 1), st.characters(codec="utf-8"))
def test_an_encrypted_token_with_another_character_is_none(place: int, other: str) -> None:
    assume(other != SEALED[place])
    with suppress(TokenRefused):
        raise AssertionError(decrypt(SEALED[:place] + other + SEALED[place + 1 :], Reader()))
