from __future__ import annotations

import hmac
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gapura.protocol import opaque_token, refresh_token
from gapura.protocol.refresh_token import MOST_GENERATION, RefreshToken
from gapura.protocol.self_proving import Mac
from gapura.values import GrantId, TokenId

VERSIONS = {1: b"old", 2: b"new"}


def mac_for(purpose: bytes) -> Mac:
    def mac(version: int, head: bytes) -> bytes | None:
        key = VERSIONS.get(version)
        return None if key is None else hmac.digest(key, purpose + head, "sha256")

    return mac


ACCESS, REFRESH = mac_for(b"access"), mac_for(b"refresh")


@given(st.uuids(), st.sampled_from(list(VERSIONS)), st.integers(0, MOST_GENERATION))
def test_what_was_minted_is_read_again_under_every_key_that_is_left(
    one: UUID, version: int, generation: int
) -> None:
    token_id, family = TokenId(one), RefreshToken(GrantId(one), generation)
    assert opaque_token.read(opaque_token.mint(token_id, version, ACCESS).reveal(), ACCESS) == token_id
    assert refresh_token.read(refresh_token.mint(family, version, REFRESH).reveal(), REFRESH) == family


@given(st.uuids(), st.integers(0, opaque_token.LENGTH - 1), st.characters(codec="utf-8"))
def test_one_changed_character_makes_it_nobodys(one: UUID, place: int, other: str) -> None:
    text = opaque_token.mint(TokenId(one), 2, ACCESS).reveal()
    changed = text[:place] + other + text[place + 1 :]
    assert opaque_token.read(changed, ACCESS) == (TokenId(one) if changed == text else None)


@given(st.text(max_size=60) | st.text("Aa0-_", min_size=48, max_size=52))
@example("A" * 48)
@example("A" * 52)
@example("é" * 48)
def test_no_other_text_is_one(text: str) -> None:
    assert opaque_token.read(text, ACCESS) is None
    assert refresh_token.read(text, REFRESH) is None


def test_one_kind_is_never_the_other_and_a_lost_key_proves_nothing() -> None:
    text = opaque_token.mint(TokenId(UUID(int=7)), 2, ACCESS).reveal()
    assert opaque_token.read(text, REFRESH) is None
    assert refresh_token.read(text, ACCESS) is None
    with pytest.raises(LookupError):
        opaque_token.mint(TokenId(UUID(int=7)), 9, ACCESS)
