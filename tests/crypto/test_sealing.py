"""Citizens' data keys, their records, and the digests they are found by."""

from __future__ import annotations

from uuid import UUID

import pytest

from gapura.crypto.blind_index import BlindIndex
from gapura.crypto.keyring import RootKeys, SealBroken, Vault
from gapura.crypto.sealing import new_data_key, open_data_key, open_record, seal_record
from gapura.values import CitizenId

# Version 3 is known already and not in use yet.
VAULT = Vault(RootKeys(2, {number: bytes([number]) * 32 for number in (1, 2, 3)}))
BUDI, SITI = CitizenId(UUID(int=1)), CitizenId(UUID(int=2))


def test_a_data_key_is_wrapped_for_its_own_citizen_alone() -> None:
    key, wrapped, version = new_data_key(VAULT, BUDI)
    assert (len(key), version, wrapped[0]) == (32, 2, 2)
    assert key not in wrapped
    assert open_data_key(VAULT, BUDI, wrapped) == key
    with pytest.raises(SealBroken):
        open_data_key(VAULT, SITI, wrapped)


def test_a_record_moved_to_another_row_or_load_does_not_open() -> None:
    key, _, _ = new_data_key(VAULT, BUDI)
    sealed = seal_record(key, BUDI, 7, b"a record")
    assert open_record(key, BUDI, 7, sealed) == b"a record"
    for citizen, load in ((SITI, 7), (BUDI, 8)):
        with pytest.raises(SealBroken):
            open_record(key, citizen, load, sealed)
    with pytest.raises(SealBroken):
        open_record(new_data_key(VAULT, BUDI)[0], BUDI, 7, sealed)
    with pytest.raises(SealBroken):
        open_record(key, BUDI, 7, b"\x02" + sealed[1:])
    with pytest.raises(SealBroken):
        open_record(key, BUDI, 7, sealed[:28])


def test_equal_values_of_one_kind_meet_and_different_kinds_do_not() -> None:
    index = BlindIndex(VAULT)
    assert index.digest("nik", "3171011785900001") == index.digest("nik", "3171011785900001")
    assert index.digest("nik", "3171011785900001") != index.digest("kk", "3171011785900001")
    assert len(index.digest("nik", "3171011785900001")) == 16


def test_while_an_index_moves_the_digests_of_every_root_key_are_candidates() -> None:
    old = BlindIndex(Vault(RootKeys(2, {2: bytes([2]) * 32})))
    oldest = BlindIndex(Vault(RootKeys(1, {1: bytes([1]) * 32})))
    now = BlindIndex(Vault(RootKeys(3, {n: bytes([n]) * 32 for n in (1, 2, 3)})))
    assert now.candidates("nik", "1") == tuple(index.digest("nik", "1") for index in (now, old, oldest))
    assert old.candidates("nik", "1") == (old.digest("nik", "1"),)
    assert now.key_version == 3
