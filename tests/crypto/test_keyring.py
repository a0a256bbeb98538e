"""Root keys, sealing and keyed digests."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapura.crypto.keyring import GivenRootKeys, RootKeyMissing, RootKeys, SealBroken, Vault
from gapura.errors import Unavailable
from gapura.values import Secret

ONE, TWO = bytes([1]) * 32, bytes([2]) * 32
OLD = Vault(RootKeys(1, {1: ONE}))
NEW = Vault(RootKeys(2, {1: ONE, 2: TWO}))


def written(key: bytes) -> str:
    return base64.b64encode(key).decode()


@given(plain=st.binary(max_size=200), aad=st.binary(max_size=50))
def test_what_was_sealed_opens_for_the_same_purpose_and_data_alone(plain: bytes, aad: bytes) -> None:
    sealed = NEW.seal("totp", plain, aad)
    assert NEW.open("totp", sealed, aad) == plain
    for purpose, other in (("mail", aad), ("totp", aad + b"x")):
        with pytest.raises(SealBroken):
            NEW.open(purpose, sealed, other)


@given(place=st.integers(1, 40), bit=st.integers(0, 7))
def test_any_flipped_bit_breaks_the_seal(place: int, bit: int) -> None:
    sealed = bytearray(NEW.seal("totp", b"a secret of a citizen", b"row"))
    sealed[place] ^= 1 << bit
    with pytest.raises(SealBroken):
        NEW.open("totp", bytes(sealed), b"row")


@pytest.mark.parametrize("size", [0, 1, 13, 28])
def test_what_is_too_short_to_be_sealed_is_refused(size: int) -> None:
    with pytest.raises(SealBroken):
        NEW.open("totp", bytes([2]) * size)


def test_the_layout_is_version_nonce_and_content_with_its_tag() -> None:
    sealed = NEW.seal("totp", b"12345")
    assert (sealed[0], len(sealed)) == (2, 1 + 12 + 5 + 16)


def test_one_content_never_seals_to_the_same_bytes() -> None:
    assert len({NEW.seal("totp", b"same") for _ in range(100)}) == 100


def test_after_a_rotation_old_seals_open_and_new_ones_use_the_new_key() -> None:
    assert NEW.open("totp", OLD.seal("totp", b"old")) == b"old"
    assert NEW.seal("totp", b"new")[0] == 2
    assert NEW.versions == (2, 1)


def test_the_current_version_stands_first_even_below_one_that_is_only_known() -> None:
    assert Vault(RootKeys(1, {1: ONE, 2: TWO})).versions == (1, 2)


def test_a_root_key_that_is_current_has_to_be_given() -> None:
    with pytest.raises(ValueError, match="root key 2"):
        RootKeys(2, {1: ONE})


def test_a_missing_root_key_is_named_and_is_no_broken_seal() -> None:
    with pytest.raises(RootKeyMissing, match="version 2") as caught:
        OLD.open("totp", NEW.seal("totp", b"new"))
    assert isinstance(caught.value, Unavailable)
    assert caught.value.status == 503


def test_digests_depend_on_purpose_version_and_where_the_parts_end() -> None:
    digests = {
        NEW.mac("a", b"x", b"yz"),
        NEW.mac("a", b"xy", b"z"),
        NEW.mac("a", b"xyz"),
        NEW.mac("a", b"xyz", b""),
        NEW.mac("b", b"xyz"),
        NEW.mac_with(1, "a", b"xyz"),
    }
    assert len(digests) == 6
    assert all(len(digest) == 32 for digest in digests)
    assert NEW.mac_with(1, "a", b"xyz") == OLD.mac("a", b"xyz")


def test_digest_keys_differ_from_sealing_keys_of_the_same_purpose() -> None:
    assert NEW._subkey(1, "mac:a") != NEW._subkey(1, "seal:a")


def test_digests_stay_the_same_from_release_to_release() -> None:
    # Blind indexes and subjects lie in databases: whoever changes the derivation loses them.
    assert OLD.mac("blind-index:nik", b"3171011785900001").hex() == (
        "4628ff03236846f067604713c34be70400dd618d592b6978e31eee1886ce67e4"
    )


def test_root_keys_are_read_with_the_highest_version_as_current() -> None:
    keys = RootKeys.parse(f" 2:{written(TWO)}, 1:{written(ONE)},")
    assert (keys.current, dict(keys.keys)) == (2, {1: ONE, 2: TWO})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "at least one"),
        (f"{written(ONE)}", "version:base64"),
        (f"x:{written(ONE)}", "version:base64"),
        (f"²:{written(ONE)}", "version:base64"),
        (f"-1:{written(ONE)}", "version:base64"),
        (f"0:{written(ONE)}", "root key 0"),
        (f"256:{written(ONE)}", "root key 256"),
        ("1:not base64!", "root key 1"),
        (f"1:{base64.b64encode(bytes(31)).decode()}", "root key 1"),
        (f"1:{written(ONE)},1:{written(TWO)}", "twice"),
    ],
)
def test_bad_root_keys_are_refused_by_version_and_never_quoted(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        RootKeys.parse(text)
    assert written(ONE) not in str(caught.value)


def test_root_keys_never_print() -> None:
    assert repr(RootKeys(1, {1: ONE})) == "RootKeys(current=1, versions=[1])"


@pytest.mark.anyio
async def test_the_environment_is_one_source_of_root_keys() -> None:
    source = GivenRootKeys(Secret(f"1:{written(ONE)}"))
    assert (await source.root_keys()).keys == {1: ONE}
    assert written(ONE) not in repr(source)
