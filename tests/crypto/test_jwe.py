"""Encrypted tokens: what is encrypted is what joserfc reads, and what isn't exactly right is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gapura.crypto.algorithms import SignatureKey
from gapura.crypto.compact import MAX_TOKEN_CHARS, TokenRefused
from gapura.crypto.jwe import ENCS, KEY_ALGS, choose, decrypt, encrypt
from gapura.crypto.public_keys import KeysRefused, PublicKeys, parse_jwk, parse_jwks

RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "enc"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "enc"})
PLAIN = b'{"sub":"s"}'
PAIRS = [(alg, enc) for alg in KEY_ALGS for enc in ENCS]


@dataclass
class Held:
    """Our side: keys by `kid`, and by family for what comes without one."""

    keys: Mapping[str, SignatureKey]

    def decrypting(self, kid: str | None, alg: str) -> SignatureKey | None:
        return self.keys.get(kid if kid is not None else alg[:3])


HELD = Held({"rsa": RSA, "ec": EC, "RSA": RSA, "ECD": EC})


def key_for(alg: str) -> SignatureKey:
    return RSA if alg.startswith("RSA") else EC


def encrypted(alg: str = "ECDH-ES", enc: str = "A256GCM", plain: bytes = PLAIN) -> str:
    return encrypt(plain, parse_jwk(key_for(alg).as_dict(private=False)), alg, enc)


def theirs(header: dict[str, Any], plain: bytes = PLAIN, key: SignatureKey | None = None) -> str:
    registry = JWERegistry(
        algorithms=[name for kind in ("alg", "enc", "zip") for name in JWERegistry.algorithms[kind]],
        strict_check_header=False,
    )
    return jwe.encrypt_compact(header, plain, key or key_for(header["alg"]), registry=registry)


def refusal(token: str, **asked: Any) -> str:
    with pytest.raises(TokenRefused) as caught:
        decrypt(token, HELD, **asked)
    return caught.value.reason


def with_header(token: str, **changed: object) -> str:
    """The token under a header that nobody authenticated."""
    text, rest = token.split(".", 1)
    header = json.loads(base64.urlsafe_b64decode(text + "==")) | changed
    plain = json.dumps({name: value for name, value in header.items() if value is not None}).encode()
    return f"{base64.urlsafe_b64encode(plain).rstrip(b'=').decode()}.{rest}"


@pytest.mark.parametrize(("alg", "enc"), PAIRS)
def test_joserfc_reads_what_is_encrypted_and_its_tokens_are_read_here(alg: str, enc: str) -> None:
    token = encrypt(PLAIN, key_for(alg), alg, enc, cty="JWT")
    read = jwe.decrypt_compact(token, key_for(alg), registry=JWERegistry(algorithms=[alg, enc]))
    assert read.plaintext == PLAIN
    shown = {name: value for name, value in read.protected.items() if name != "epk"}
    assert shown == {"alg": alg, "enc": enc, "kid": key_for(alg).kid, "cty": "JWT"}
    assert decrypt(theirs({"alg": alg, "enc": enc}), HELD) == PLAIN
    assert decrypt(theirs({"alg": alg, "enc": enc, "kid": key_for(alg).kid}), HELD) == PLAIN


def test_the_key_agreement_of_rfc_7518_appendix_c() -> None:
    bob = ECKey.import_key(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
            "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
        }
    )
    header = {
        "alg": "ECDH-ES",
        "enc": "A128GCM",
        "apu": "QWxpY2U",
        "apv": "Qm9i",
        "epk": {
            "kty": "EC",
            "crv": "P-256",
            "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
        },
    }
    agreed = KEY_ALGS["ECDH-ES"].take(bob, ENCS["A128GCM"], header, b"")
    assert agreed is not None
    assert base64.urlsafe_b64encode(agreed) == b"VqqN6vgjbSBcIijNcacQGg=="


@pytest.mark.parametrize(("alg", "enc"), PAIRS)
def test_one_changed_bit_in_any_part_is_refused(alg: str, enc: str) -> None:
    parts = [base64.urlsafe_b64decode(part + "==") for part in encrypted(alg, enc).split(".")]
    for at, part in enumerate(parts):
        for place in {0, len(part) // 2, len(part) - 1} if part else ():
            changed = bytearray(part)
            changed[place] ^= 1
            others = [*parts[:at], bytes(changed), *parts[at + 1 :]]
            token = ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in others)
            assert refusal(token) in {"sealed", "malformed", "algorithm", "unknown_key"}


@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES+A256KW"])
def test_a_bad_key_looks_like_bad_content(alg: str) -> None:
    """RFC 7516 §11.5."""
    head, wrapped, *rest = encrypted(alg).split(".")
    other = wrapped[:-6] + ("AAAAAA" if wrapped[-6:] != "AAAAAA" else "BBBBBA")
    assert refusal(".".join((head, other, *rest))) == "sealed"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"alg": "RSA1_5", "enc": "A256GCM"}, "algorithm"),
        ({"alg": "RSA-OAEP", "enc": "A256GCM"}, "algorithm"),
        ({"alg": "RSA-OAEP-256", "enc": "A192GCM"}, "algorithm"),
        ({"alg": "RSA-OAEP-256", "enc": "A256GCM", "zip": "DEF"}, "malformed"),
        ({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "gone"}, "unknown_key"),
        ({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "ec"}, "unknown_key"),
        ({"alg": "ECDH-ES", "enc": "A256GCM", "kid": "rsa"}, "unknown_key"),
    ],
    ids=[
        "RFC 8725 3.2",
        "weak hash",
        "unknown enc",
        "RFC 8725 3.6",
        "no such key",
        "an EC key",
        "an RSA key",
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_what_is_not_in_the_tables_is_refused(header: dict[str, Any], reason: str) -> None:
    assert refusal(theirs(header)) == reason


def test_a_caller_narrows_what_is_taken() -> None:
    assert refusal(encrypted("ECDH-ES"), algs=("RSA-OAEP-256",)) == "algorithm"
    assert refusal(encrypted(enc="A128GCM"), encs=("A256GCM",)) == "algorithm"
    assert decrypt(encrypted("ECDH-ES"), HELD, algs=("ECDH-ES",), encs=("A256GCM",)) == PLAIN


@pytest.mark.parametrize(
    "header", [{"crit": ["exp"]}, {"b64": False}, {"zip": "DEF"}, {"alg": 1}, {"enc": None}]
)
def test_no_extension_and_no_compression_is_understood(header: dict[str, Any]) -> None:
    assert refusal(with_header(encrypted(), **header)) in {"malformed", "algorithm"}


POINT_OF_ANOTHER_CURVE = ECKey.generate_key("P-384").as_dict(private=False)
OFF_THE_CURVE = {**EC.as_dict(private=False), "y": EC.as_dict(private=False)["x"]}


@pytest.mark.parametrize(
    "epk",
    [
        None,
        1,
        [],
        {},
        {"kty": "EC"},
        POINT_OF_ANOTHER_CURVE,
        OFF_THE_CURVE,
        OKPKey.generate_key("X25519").as_dict(private=False),
    ],
    ids=["none", "number", "list", "empty", "bare", "P-384", "no point", "X25519"],
)
def test_an_ephemeral_key_is_a_point_of_our_curve(epk: object) -> None:
    """RFC 7518 §9.1 and RFC 8725 §3.4: a point beside the curve gives the private key away."""
    assert refusal(with_header(encrypted(), epk=epk)) == "malformed"


@pytest.mark.parametrize("name", ["apu", "apv"])
@pytest.mark.parametrize("value", [1, "§", "A", "a b", ["QQ"]])
def test_party_names_are_base64url(name: str, value: object) -> None:
    assert refusal(with_header(encrypted(), **{name: value})) == "malformed"


def test_sizes_are_checked_before_any_key_is_used() -> None:
    head, wrapped, nonce, sealed, tag = encrypted().split(".")
    assert refusal(".".join((head, wrapped, nonce + "AAAA", sealed, tag))) == "malformed"
    assert refusal(".".join((head, wrapped, nonce, sealed, tag[:16]))) == "malformed"
    assert refusal(f"{head}.AAAA.{nonce}.{sealed}.{tag}") == "malformed"
    assert refusal(".".join((head, wrapped, nonce, "A" * (MAX_TOKEN_CHARS - 400), tag))) == "malformed"
    assert refusal("A" * MAX_TOKEN_CHARS + "." * 5) == "malformed"
    assert refusal(with_header(encrypted(), pad="x" * 5_000)) == "malformed"
    wrapped_key = encrypted("ECDH-ES+A256KW").split(".")
    assert refusal(".".join((wrapped_key[0], "A" * 40_000, *wrapped_key[2:]))) == "malformed"


@pytest.mark.parametrize("token", ["", "....", "a.b.c", "a.b.c.d.e.f", "{}.{}.{}.{}.{}", "é....", "e30...."])
def test_what_has_not_the_form_is_refused(token: str) -> None:
    assert refusal(token) in {"malformed", "algorithm"}


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_no_text_does_anything_but_be_refused(text: str) -> None:
    head, *_ = encrypted().split(".")
    for token in (text, f"{text}....", f"{head}.{text}", f"{head}..{text}..", f"{head}...{text}."):
        assert refusal(token) in {"malformed", "algorithm", "unknown_key", "sealed"}


@given(st.binary(max_size=4_000), st.sampled_from(["ECDH-ES", "ECDH-ES+A128KW"]), st.sampled_from(list(ENCS)))
def test_whatever_is_encrypted_comes_out_again(plain: bytes, alg: str, enc: str) -> None:
    assert decrypt(encrypted(alg, enc, plain), HELD) == plain


def test_a_reader_gets_it_under_the_key_that_is_meant_for_it() -> None:
    plain, meant = ECKey.generate_key("P-256"), ECKey.generate_key("P-384", {"use": "enc"})
    signs = ECKey.generate_key("P-256", {"use": "sig"})
    named = ECKey.generate_key("P-521", {"alg": "ECDH-ES", "use": "enc"})

    def of(*keys: ECKey) -> PublicKeys:
        return parse_jwks({"keys": [key.as_dict(private=False) for key in keys]})

    def chosen(keys: PublicKeys, alg: str) -> str | None:
        key = choose(keys, alg)
        return key.thumbprint() if key is not None else None

    assert chosen(of(plain, meant), "ECDH-ES") == meant.thumbprint()
    assert chosen(of(signs, plain), "ECDH-ES") == plain.thumbprint()
    assert chosen(of(signs), "ECDH-ES") is None
    assert chosen(of(named), "ECDH-ES") == named.thumbprint()
    assert chosen(of(named), "ECDH-ES+A256KW") is None
    assert chosen(of(plain, meant), "RSA-OAEP-256") is None
    with pytest.raises(KeysRefused):
        encrypt(PLAIN, signs, "ECDH-ES", "A256GCM")
    with pytest.raises(KeysRefused):
        encrypt(PLAIN, RSA, "ECDH-ES", "A256GCM")


def test_operations_of_a_key_are_respected() -> None:
    for operations, fits in ((["encrypt"], True), (["wrapKey"], True), (["verify"], False)):
        key = RSAKey.generate_key(2048, {"key_ops": operations}, private=False)
        assert KEY_ALGS["RSA-OAEP-256"].fits(key, "RSA-OAEP-256") is fits
