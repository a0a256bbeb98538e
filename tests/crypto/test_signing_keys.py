"""The life of a signing key: next → active → retiring → gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapura.crypto.jose import TokenRefused, parse_jwk, parse_jwks
from gapura.crypto.jwe import choose, decrypt, encrypt
from gapura.crypto.signing_keys import (
    ALGS,
    OWN_ALGS,
    Change,
    KeyRing,
    OwnAlg,
    SigningKey,
    State,
    export_private,
    generate,
    import_private,
    plan,
)
from gapura.errors import Unavailable

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
PUBLISH, EVERY, KEEP = timedelta(minutes=10), timedelta(days=90), timedelta(days=30)
MOMENT = timedelta(seconds=1)
REAL = {alg: generate(alg, NOW) for alg in OWN_ALGS}


def take(keys: list[SigningKey], changes: tuple[Change, ...], now: datetime) -> list[SigningKey]:
    """What storage does, without a database and without the time that RSA takes."""
    by_kid = {key.kid: key for key in keys}
    moved = {
        "activate": {"state": "active", "active_at": now},
        "retire": {"state": "retiring", "retiring_at": now},
        "remove": {"state": "gone", "gone_at": now, "private": None},
    }
    for change in changes:
        if change.kid is not None:
            by_kid[change.kid] = replace(by_kid[change.kid], **moved[change.step])  # type: ignore[arg-type]
        else:
            kid = f"{change.alg}-{len(by_kid)}"
            active = change.step == "create_active"
            by_kid[kid] = replace(
                REAL[change.alg],
                kid=kid,
                state="active" if active else "next",
                created_at=now,
                active_at=now if active else None,
            )
    return list(by_kid.values())


def of(keys: list[SigningKey], alg: str, state: str) -> list[SigningKey]:
    return [key for key in keys if key.alg == alg and key.state == state]


def test_at_first_each_algorithm_gets_a_key_that_signs_and_one_that_waits() -> None:
    keys = take([], plan([], NOW, PUBLISH), NOW)
    assert all(len(of(keys, alg, state)) == 1 for alg in OWN_ALGS for state in ("active", "next"))
    assert plan(keys, NOW, PUBLISH) == ()


def test_a_key_signs_only_after_it_was_published_long_enough() -> None:
    keys = take([], plan([], NOW, PUBLISH), NOW)
    assert plan(keys, NOW + PUBLISH - MOMENT, PUBLISH, timedelta(0)) == ()
    steps = plan(keys, NOW + PUBLISH, PUBLISH, timedelta(0))
    assert [step.step for step in steps if step.alg == "ES256"] == ["retire", "activate", "create_next"]


def test_keys_rotate_by_age() -> None:
    keys = take([], plan([], NOW, PUBLISH), NOW)
    assert plan(keys, NOW + EVERY - MOMENT, PUBLISH, EVERY) == ()
    assert len(plan(keys, NOW + EVERY, PUBLISH, EVERY)) == 3 * len(OWN_ALGS)


def test_a_retired_key_stays_for_hints_and_then_goes() -> None:
    keys = take([], plan([], NOW, PUBLISH), NOW)
    later = NOW + PUBLISH
    keys = take(keys, plan(keys, later, PUBLISH, timedelta(0)), later)
    assert plan(keys, later + KEEP - MOMENT, PUBLISH, EVERY, KEEP) == ()
    steps = plan(keys, later + KEEP, PUBLISH, EVERY, KEEP)
    assert {step.step for step in steps} == {"remove"}
    assert len(steps) == len(OWN_ALGS)


def test_when_the_active_key_was_removed_the_waiting_one_takes_its_place_at_once() -> None:
    keys = take([], plan([], NOW, PUBLISH), NOW)
    [active], [waiting] = of(keys, "ES256", "active"), of(keys, "ES256", "next")
    keys = take(keys, (Change("remove", "ES256", active.kid),), NOW)
    assert plan(keys, NOW, PUBLISH) == (
        Change("activate", "ES256", waiting.kid),
        Change("create_next", "ES256"),
    )


@given(hours=st.lists(st.integers(1, 3_000), max_size=30))
def test_whenever_it_is_looked_at_one_key_of_each_algorithm_signs(hours: list[int]) -> None:
    keys, now = take([], plan([], NOW, PUBLISH), NOW), NOW
    for step in hours:
        now += timedelta(hours=step)
        before = {alg: of(keys, alg, "active")[0].kid for alg in OWN_ALGS}
        keys = take(keys, plan(keys, now, PUBLISH, EVERY, KEEP), now)
        for alg in OWN_ALGS:
            assert len(of(keys, alg, "active")) == len(of(keys, alg, "next")) == 1
            stayed = {key.kid for key in keys if key.alg == alg and key.state != "gone"}
            assert before[alg] in stayed  # what signed a moment ago still verifies


def test_the_jwks_shows_all_that_verify_and_the_one_to_encrypt_to_and_nothing_private() -> None:
    now = NOW + PUBLISH
    keys = take([], plan([], NOW, PUBLISH), NOW)
    keys = take(keys, plan(keys, now, PUBLISH, timedelta(0)), now)
    ring = KeyRing(keys)
    shown = orjson.loads(ring.jwks_json)["keys"]
    signing, encrypting = ([jwk for jwk in shown if jwk["use"] == use] for use in ("sig", "enc"))
    assert len(signing) == 3 * len(ALGS)
    active = [ring.active(alg) for alg in OWN_ALGS if alg not in ALGS]
    assert encrypting == [key.public_jwk for key in active]
    assert {"d", "p", "q", "dp", "dq", "qi"}.isdisjoint(name for jwk in shown for name in jwk)
    assert all(jwk["alg"] in ALGS and jwk["kid"] for jwk in signing)
    assert all("alg" not in jwk for jwk in encrypting)


@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"])
def test_what_is_encrypted_to_a_key_is_read_until_the_key_is_gone(alg: str) -> None:
    family = next(own for own in OWN_ALGS if own == alg.partition("+")[0])
    key = generate(family, NOW)
    token = encrypt(b"{}", parse_jwk(key.public_jwk), alg, "A256GCM")
    states: tuple[State, ...] = ("next", "active", "retiring")
    for state in states:
        assert decrypt(token, KeyRing([replace(key, state=state)])) == b"{}"
    with pytest.raises(TokenRefused, match="unknown_key"):
        decrypt(token, KeyRing([replace(key, state="gone")]))


def test_a_signing_key_decrypts_nothing_and_an_encryption_key_verifies_nothing() -> None:
    ring = KeyRing([generate(alg, NOW, "active") for alg in OWN_ALGS])
    for alg in OWN_ALGS:
        key = ring.active(alg)
        assert (ring.decrypting(key.kid, alg) is None) == key.signs
        assert (ring.public(key.kid) is None) != key.signs
    assert ring.decrypting(None, "RS256") is None
    assert ring.decrypting(None, "ECDH-ES+A128KW") is ring.active("ECDH-ES").private


def test_the_etag_changes_with_the_keys_alone() -> None:
    one, other = generate("ES256", NOW, "active"), generate("EdDSA", NOW, "active")
    assert KeyRing([one]).etag == KeyRing([one]).etag
    assert KeyRing([one]).etag != KeyRing([one, other]).etag


def test_a_ring_without_a_key_for_an_algorithm_is_unavailable() -> None:
    ring = KeyRing([generate("ES256", NOW, "active"), generate("EdDSA", NOW)])
    assert ring.active("ES256").alg == "ES256"
    for alg in ("EdDSA", "RS256", "none"):
        with pytest.raises(Unavailable):
            ring.active(alg)
    assert ring.public("unknown") is None


@pytest.mark.parametrize("alg", OWN_ALGS)
def test_a_new_key_is_named_by_its_thumbprint_and_survives_its_way_to_the_store(alg: OwnAlg) -> None:
    key = REAL[alg]
    again = import_private(alg, export_private(key))
    assert again.thumbprint() == key.kid
    found = parse_jwks({"keys": [key.public_jwk]})
    assert (found.find(key.kid, alg) if alg in ALGS else choose(found, alg)) is not None
    assert "private" not in repr(key)
