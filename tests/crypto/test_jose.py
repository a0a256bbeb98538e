"""Tokens: what is signed is what joserfc reads, and what isn't exactly right is refused."""

from __future__ import annotations

import base64
import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.jws import JWSRegistry

from gapura.crypto.jose import PublicKeys, TokenRefused, parse_jwks, read_unverified_header, sign, verify
from gapura.crypto.signing_keys import ALGS, KeyRing, SigningAlg, SigningKey, generate
from gapura.errors import Unavailable

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
EXP = int(NOW.timestamp()) + 300
KEYS: dict[str, SigningKey] = {alg: generate(alg, NOW, "active") for alg in ALGS}
RING = KeyRing(KEYS.values())

RFC7515_A3_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
RFC7515_A2_KEY = {
    "kty": "RSA",
    "n": (
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ"
        "S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2"
        "R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD"
        "TW9gb54h4FRWyuXpoQ"
    ),
    "e": "AQAB",
}
RFC7515_PAYLOAD = (
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
RFC7515_A3 = (
    f"eyJhbGciOiJFUzI1NiJ9.{RFC7515_PAYLOAD}."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
RFC7515_A2 = (
    f"eyJhbGciOiJSUzI1NiJ9.{RFC7515_PAYLOAD}."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t"
    "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j"
    "zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ"
    "Ge77Rw"
)
RFC8037_A4_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
RFC8037_A4 = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)


def claims(**changed: object) -> dict[str, Any]:
    return {"iss": "https://id.example", "aud": "portal", "sub": "s", "exp": EXP, **changed}


def signed(**changed: object) -> str:
    return sign(KEYS["ES256"], claims(**changed), "JWT")


def segment(data: bytes | dict[str, Any]) -> str:
    plain = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def forged(header: bytes | dict[str, Any], payload: bytes | dict[str, Any], alg: str = "ES256") -> str:
    """Whatever is asked for, with a good signature of our key for `alg`."""
    text = f"{segment(header)}.{segment(payload)}"
    return f"{text}.{segment(JWSRegistry.algorithms[alg].sign(text.encode(), KEYS[alg].private))}"


def header(**changed: object) -> dict[str, Any]:
    return {"alg": "ES256", "kid": KEYS["ES256"].kid, "typ": "JWT", **changed}


def judge(token: str, **asked: Any) -> dict[str, Any]:
    return verify(token, asked.pop("keys", RING.public_keys), **{"algs": ALGS, "now": NOW, **asked})


def refusal(token: str, **asked: Any) -> str:
    with pytest.raises(TokenRefused) as caught:
        judge(token, **asked)
    return caught.value.reason


@pytest.mark.parametrize("alg", ALGS)
def test_joserfc_reads_what_is_signed_and_its_tokens_are_read_here(alg: SigningAlg) -> None:
    key = KEYS[alg]
    registry = JWSRegistry(algorithms=[alg])
    registry.algorithms = {alg: JWSRegistry.algorithms[alg]}
    with pytest.warns() if alg == "EdDSA" else nullcontext():
        read = jws.deserialize_compact(sign(key, claims(), "JWT"), RING.public(key.kid), registry=registry)
        theirs = jws.serialize_compact(
            header(alg=alg, kid=key.kid), json.dumps(claims()), key.private, registry=registry
        )
    assert read.headers() == {"alg": alg, "kid": key.kid, "typ": "JWT"}
    assert json.loads(read.payload) == claims()
    assert judge(theirs, algs=(alg,), typ="JWT") == claims()


@pytest.mark.parametrize(
    ("key", "token", "alg"),
    [(RFC7515_A3_KEY, RFC7515_A3, "ES256"), (RFC7515_A2_KEY, RFC7515_A2, "RS256")],
    ids=["RFC 7515 A.3", "RFC 7515 A.2"],
)
def test_the_examples_of_the_rfc_verify(key: dict[str, str], token: str, alg: str) -> None:
    keys, then = parse_jwks({"keys": [key]}), datetime.fromtimestamp(1300819379, UTC)
    assert judge(token, keys=keys, algs=(alg,), now=then, iss="joe")["exp"] == 1300819380
    assert refusal(token, keys=keys, algs=(alg,), now=then + timedelta(seconds=1)) == "expired"
    assert refusal(token[:-8] + "AAAA" + token[-4:], keys=keys, algs=(alg,), now=then) == "signature"


def test_the_example_of_rfc_8037_has_a_good_signature_over_what_are_no_claims() -> None:
    keys = parse_jwks({"keys": [RFC8037_A4_KEY]})
    assert refusal(RFC8037_A4, keys=keys, algs=("EdDSA",)) == "malformed"
    assert refusal(RFC8037_A4.replace(".hgyY", ".hgyZ"), keys=keys, algs=("EdDSA",)) == "signature"


@pytest.mark.parametrize("alg", ALGS)
def test_one_changed_bit_in_any_part_is_refused(alg: SigningAlg) -> None:
    parts = sign(KEYS[alg], claims(), "JWT").split(".")
    for place in range(3):
        data = bytearray(base64.urlsafe_b64decode(parts[place] + "=="))
        data[-1] ^= 1
        changed = [*parts[:place], segment(bytes(data)), *parts[place + 1 :]]
        assert refusal(".".join(changed)) in {"signature", "malformed"}


def test_a_signature_of_zeros_or_of_another_size_is_no_signature() -> None:
    text = signed().rpartition(".")[0]
    for size in (0, 1, 63, 64, 65, 512):
        assert refusal(f"{text}.{segment(bytes(size))}") == "signature"


def test_an_algorithm_outside_the_callers_list_is_refused_before_any_key_is_looked_at() -> None:
    assert refusal(signed(), algs=("RS256",)) == "algorithm"
    assert refusal(f"{segment({'alg': 'none'})}.{segment(claims())}.", algs=(*ALGS, "none")) == "algorithm"


def test_a_public_key_is_no_hmac_secret() -> None:
    secret = OctKey.import_key(json.dumps(dict(KEYS["RS256"].public_jwk)))
    text = f"{segment({'alg': 'HS256', 'kid': KEYS['RS256'].kid})}.{segment(claims())}"
    token = f"{text}.{segment(JWSRegistry.algorithms['HS256'].sign(text.encode(), secret))}"
    assert refusal(token, algs=(*ALGS, "HS256")) == "algorithm"


def test_a_key_serves_its_own_algorithm_alone() -> None:
    rsa = KEYS["RS256"]
    assert refusal(forged(header(alg="PS256", kid=rsa.kid), claims(), "RS256")) == "unknown_key"
    assert refusal(forged(header(alg="RS256"), claims())) == "unknown_key"


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "x5t"])
def test_a_header_can_bring_no_key_of_its_own(name: str) -> None:
    stranger = ECKey.generate_key("P-256")
    value = stranger.as_dict(private=False) if name == "jwk" else "https://evil.example/keys"
    text = f"{segment(header(**{name: value}))}.{segment(claims())}"
    token = f"{text}.{segment(JWSRegistry.algorithms['ES256'].sign(text.encode(), stranger))}"
    assert refusal(token) == "signature"
    assert judge(forged(header(**{name: value}), claims())) == claims()


@pytest.mark.parametrize("extension", [{"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"b64": True}])
def test_header_extensions_are_refused(extension: dict[str, object]) -> None:
    assert refusal(forged(header(**extension), claims())) == "malformed"


@pytest.mark.parametrize(
    "bad",
    [
        b'{"alg":"ES256","alg":"none"}',
        b"[]",
        b"not json",
        b'{"alg":"ES256","kid":7}',
        b'{"alg":"ES256","x":' + b"[" * 33 + b"]" * 33 + b"}",
        json.dumps({"alg": "ES256", "x": "y" * 4_096}).encode(),
    ],
)
def test_a_bad_header_is_malformed(bad: bytes) -> None:
    assert refusal(forged(bad, claims())) == "malformed"


def test_a_header_that_carries_an_rsa_key_is_read() -> None:
    jwk = RSAKey.generate_key(4096).as_dict(private=False)
    assert len(segment(header(jwk=jwk))) > 700
    assert read_unverified_header(forged(header(jwk=jwk), claims()))["jwk"] == jwk


@pytest.mark.parametrize(
    "bad",
    [
        b'{"exp":%d,"sub":"a","sub":"b"}' % EXP,
        b'{"exp":NaN}',
        b'{"exp":1e999}',
        b'{"exp":1%s}' % (b"0" * 5_000),
        b'{"exp":%d,"sub":"\\ud800"}' % EXP,
        b'{"exp":%d,"sub":"a\\u0000b"}' % EXP,
        b'{"exp":%d,"deep":' % EXP + b"[" * 100_000,
        b'{"exp":%d,"deep":' % EXP + b'["]",' * 40 + b"0" + b"]" * 40 + b"}",
        b'\xff{"exp":1}',
        json.dumps({"exp": EXP, "x": "y" * 32_768}).encode(),
        str(EXP).encode(),
    ],
)
def test_claims_that_are_no_strict_json_are_malformed(bad: bytes) -> None:
    assert refusal(forged(header(), bad)) == "malformed"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d",
        "€.b.c",
        "a" * 60_001,
        "e30.e30.a",
        "e30=.e30.AA",
        "e3 0.e30.AA",
        "e30\n.e30.AA",
        "e30.e31.AA",
        "+/+/.e30.AA",
    ],
)
def test_what_is_no_compact_jws_is_malformed(token: str) -> None:
    assert refusal(token) == "malformed"


def test_a_signature_is_written_in_one_way_only() -> None:
    token = signed()
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    variants = {token[:-1] + character for character in last} - {token}
    assert {refusal(variant) for variant in variants} <= {"signature", "malformed"}
    assert refusal(token + "=") == "malformed"


@pytest.mark.parametrize(
    ("changed", "asked", "expected"),
    [
        ({"exp": EXP - 300}, {}, "expired"),
        ({"exp": EXP - 300}, {"leeway": 1}, None),
        ({"exp": EXP - 301}, {"leeway": 1}, "expired"),
        ({"exp": str(EXP)}, {}, "bad_claim"),
        ({"exp": True}, {}, "bad_claim"),
        ({"exp": None}, {}, "bad_claim"),
        ({"exp": 10**15}, {"leeway": float("inf")}, None),
        ({"exp": 1e300}, {"leeway": float("inf")}, "bad_claim"),
        ({"exp": 1}, {"leeway": float("inf")}, None),
        ({"exp": EXP + 0.5}, {}, None),
        ({"nbf": EXP - 299}, {}, "not_yet"),
        ({"nbf": EXP - 292}, {"leeway": 8}, None),
        ({"nbf": EXP - 300}, {}, None),
        ({"iat": "now"}, {}, "bad_claim"),
        ({}, {"require": ("exp", "jti")}, "missing"),
        ({}, {"iss": "https://id.example"}, None),
        ({}, {"iss": "https://id.example/"}, "issuer"),
        ({"iss": ["https://id.example"]}, {"iss": "https://id.example"}, "issuer"),
        ({}, {"aud": "portal"}, None),
        ({}, {"aud": ("token", "portal")}, None),
        ({}, {"aud": "port"}, "audience"),
        ({"aud": ["other", "portal"]}, {"aud": "portal"}, None),
        ({"aud": ["other"]}, {"aud": "portal"}, "audience"),
        ({"aud": []}, {"aud": "portal"}, "audience"),
        ({"aud": {"portal": 1}}, {"aud": "portal"}, "audience"),
        ({"aud": ["portal", 1]}, {"aud": "portal"}, "audience"),
    ],
)
def test_claims_are_held_to_what_the_caller_expects(
    changed: dict[str, object], asked: dict[str, object], expected: str | None
) -> None:
    if expected is None:
        assert judge(signed(**changed), **asked) == claims(**changed)
    else:
        assert refusal(signed(**changed), **asked) == expected


def test_a_time_of_four_hundred_digits_is_refused_whatever_the_leeway() -> None:
    token = forged(header(), b'{"exp":1%s}' % (b"0" * 400))
    for leeway in (0, 8.0, float("inf")):
        assert refusal(token, leeway=leeway) == "bad_claim"


def test_a_missing_expiry_is_refused_unless_the_caller_says_otherwise() -> None:
    token = sign(KEYS["ES256"], {"sub": "s"}, "JWT")
    assert refusal(token) == "missing"
    assert judge(token, require=()) == {"sub": "s"}


@pytest.mark.parametrize(
    ("typ", "expected", "good"),
    [
        ("at+jwt", "at+jwt", True),
        ("application/at+jwt", "at+jwt", True),
        ("AT+JWT", "at+jwt", True),
        ("JWT", "at+jwt", False),
        (None, "at+jwt", False),
        (["at+jwt"], "at+jwt", False),
        ("logout+jwt", None, True),
    ],
)
def test_one_kind_of_token_is_not_taken_for_another(typ: object, expected: str | None, good: bool) -> None:
    token = forged(header(typ=typ), claims())
    assert (judge(token, typ=expected) == claims()) if good else (refusal(token, typ=expected) == "typ")


def test_a_token_without_kid_needs_exactly_one_key_that_fits() -> None:
    one = parse_jwks({"keys": [dict(KEYS["ES256"].public_jwk), dict(KEYS["RS256"].public_jwk)]})
    bare = {"alg": "ES256", "typ": "JWT"}
    assert judge(forged(bare, claims()), keys=one) == claims()
    two = PublicKeys({**one.by_kid, "other": ECKey.generate_key("P-256")})
    assert refusal(forged(bare, claims()), keys=two) == "unknown_key"
    assert refusal(forged(header(kid="unknown"), claims())) == "unknown_key"


def test_a_key_without_its_private_part_cannot_sign() -> None:
    key = KEYS["ES256"]
    retired = SigningKey(key.kid, key.alg, "retiring", None, key.public_jwk, NOW)
    with pytest.raises(Unavailable):
        sign(retired, claims(), "JWT")
