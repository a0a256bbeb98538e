"""Keys of others: taken when safe, left out when unknown, refused when dangerous."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from gapura.crypto.algorithms import ALGORITHMS, fits
from gapura.crypto.jose import KeysRefused, jwk_thumbprint, parse_jwk, parse_jwks

EC = ECKey.generate_key("P-256")
RSA = RSAKey.generate_key(2048)
ED = OKPKey.generate_key("Ed25519")


def public(key: Any, **changed: object) -> dict[str, Any]:
    return {**key.as_dict(private=False), **changed}


RFC7638_KEY = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
RFC8037_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@pytest.mark.parametrize(
    ("key", "thumbprint"),
    [
        (RFC7638_KEY, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        (RFC8037_KEY, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    ],
    ids=["RFC 7638 §3.1", "RFC 8037 A.3"],
)
def test_thumbprints_are_those_of_the_rfc(key: dict[str, str], thumbprint: str) -> None:
    assert jwk_thumbprint(key) == thumbprint


def test_keys_are_found_by_kid_and_without_one_by_their_thumbprint() -> None:
    keys = parse_jwks({"keys": [public(EC, kid="one"), public(RSA)]})
    assert keys.find("one", "ES256") is not None
    assert keys.find(RSA.thumbprint(), "PS256") is not None
    assert keys.find("one", "RS256") is None
    assert len(keys) == 2


def test_keys_of_unknown_types_and_curves_are_left_out() -> None:
    strange = [
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
        public(ECKey.generate_key("secp256k1")),
        {"kty": 7},
    ]
    assert len(parse_jwks({"keys": [*strange, public(OKPKey.generate_key("X25519")), public(ED)]})) == 1
    with pytest.raises(KeysRefused):
        parse_jwks({"keys": strange})


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        (OctKey.generate_key(256).as_dict(private=True), "symmetric"),
        (EC.as_dict(private=True), "private"),
        (RSA.as_dict(private=True), "private"),
        (public(EC, y=public(ECKey.generate_key("P-256"))["y"]), "valid"),
        (public(EC, x="AA"), "valid"),
        (public(EC, crv="P-384"), "valid"),
        ({"kty": "EC", "crv": "P-256"}, "valid"),
        (public(ED, x="AA"), "valid"),
        (public(RSA, n=7), "sensible"),
        (public(RSA, n="A" * 3_000), "sensible"),
        (public(RSA, n="%%%"), "bits"),
        (public(EC, kid=["a"], use={"a": 1}), "sensible"),
        (public(RSA, e="AQ"), "valid|exponent"),
        (public(RSA, e="AQAAAAAB"), "exponent|valid"),
        (public(EC, use="sig", key_ops=["encrypt"]), "valid"),
        ("text", "object"),
    ],
)
def test_dangerous_and_broken_keys_are_refused(key: Any, complaint: str) -> None:
    with pytest.raises(KeysRefused, match=complaint):
        parse_jwks({"keys": [key]})


def test_short_rsa_keys_are_refused() -> None:
    short = rsa.generate_private_key(65537, 1024).public_key().public_numbers()  # noqa: S505 -- to see it refused
    n = RSA.as_dict(private=False)["n"]
    weak = RSAKey.binding.convert_raw_key_to_dict(short.public_key(), private=False)
    with pytest.raises(KeysRefused, match="2048"):
        parse_jwk({"kty": "RSA", **weak})
    assert parse_jwk({"kty": "RSA", "n": n, "e": "AQAB"})


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"keys": []},
        {"keys": "abc"},
        {"keys": {}},
        {"keys": [public(EC)] * 33},
        {"keys": [public(EC)] * 2},
    ],
)
def test_a_set_that_is_none_or_says_a_thing_twice_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(KeysRefused):
        parse_jwks(document)


def test_certificates_and_addresses_in_a_key_are_not_read() -> None:
    key = parse_jwk(public(EC, x5u="https://evil.example", x5c=["MIIB"]))
    assert {"x5u", "x5c"}.isdisjoint(key.keys())


@pytest.mark.parametrize(
    ("key", "good"),
    [
        (public(EC), {"ES256"}),
        (public(ECKey.generate_key("P-384")), {"ES384"}),
        (public(ED), {"EdDSA", "Ed25519"}),
        (public(RSA), {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
        (public(RSA, alg="PS256"), {"PS256"}),
        (public(EC, use="enc"), set()),
        (public(EC, key_ops=["verify"]), {"ES256"}),
    ],
)
def test_a_key_fits_its_own_algorithms_alone(key: dict[str, Any], good: set[str]) -> None:
    parsed = parse_jwk(key)
    assert {alg for alg in ALGORITHMS if fits(parsed, alg)} == good
