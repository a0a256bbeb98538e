"""Good rows become what lies in the database: sealed records, wrapped keys, blind indexes, and who turned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from uuid import UUID, uuid4

from gapura.crypto.blind_index import BlindIndex
from gapura.crypto.keyring import Vault
from gapura.crypto.sealing import content_digest, new_data_key, open_data_key, seal_record
from gapura.identity.citizen import Citizen, Status
from gapura.identity.names import name_birth_key
from gapura.storage.registry_rows import Known, LoadRows, StatusTurn
from gapura.values import CitizenId


class Sealing:
    """`first` spares the look-ups of an empty registry; `full` notes which known citizens the load holds."""

    def __init__(self, vault: Vault, rows: LoadRows, load_id: int, *, full: bool, first: bool) -> None:
        self._vault, self._index, self._rows, self._load_id = vault, BlindIndex(vault), rows, load_id
        self._full, self._first = full, first
        self._kk = lru_cache(64)(partial(self._index.digest, "kk"))  # a family's rows stand together

    def put(self, citizens: Sequence[Citizen]) -> int:
        """Add the rows of these citizens to the chunk; returns how many are as they were and write nothing."""
        known = {} if self._first else self._known(citizens)
        unchanged = 0
        for citizen in citizens:
            before = known.get(citizen.nik)
            if before is None:
                self._new(citizen)
            elif not self._changed(citizen, before):
                unchanged += 1
        return unchanged

    def _known(self, citizens: Sequence[Citizen]) -> Mapping[str, Known]:
        """Today's citizens by their NIK, found under every root key that is given."""
        niks = {
            digest: citizen.nik
            for citizen in citizens
            for digest in self._index.candidates("nik", citizen.nik)
        }
        return {niks[digest]: known for digest, known in self._rows.known(list(niks)).items()}

    def _new(self, citizen: Citizen) -> None:
        citizen_id = CitizenId(uuid4())
        key, wrapped, root_version = new_data_key(self._vault, citizen_id)
        self._rows.key(citizen_id.bytes, wrapped, root_version)
        record = citizen.to_record()
        self._write(citizen, citizen_id, key, record, self._content(self._vault.versions[0], record))

    def _changed(self, citizen: Citizen, before: Known) -> bool:
        if self._full:
            self._rows.seen(before.citizen_id.bytes)
        record = citizen.to_record()
        contents = [self._content(version, record) for version in self._vault.versions]
        if before.content in contents:
            return False
        citizen_id = CitizenId(before.citizen_id)
        key = open_data_key(self._vault, citizen_id, before.wrapped)
        self._write(citizen, citizen_id, key, record, contents[0])
        if citizen.status is Status.DUPLICATE or citizen.status != before.status:
            self._rows.turn(self._turn(citizen, citizen_id, before.status))
        return True

    def _write(
        self, citizen: Citizen, citizen_id: CitizenId, key: bytes, record: bytes, content: bytes
    ) -> None:
        index = self._index
        self._rows.version(
            citizen_id.bytes, citizen.status, content, seal_record(key, citizen_id, self._load_id, record)
        )
        self._rows.index(
            citizen_id.bytes,
            index.key_version,
            index.digest("nik", citizen.nik),
            self._kk(citizen.kk),
            index.digest("name_birth", name_birth_key(citizen.full_name, citizen.birth_date)),
        )

    def _content(self, version: int, record: bytes) -> bytes:
        return content_digest(self._vault, version, record)

    def _turn(self, citizen: Citizen, citizen_id: UUID, before: str) -> StatusTurn:
        survivor = self._index.candidates("nik", citizen.merged_into) if citizen.merged_into else ()
        return StatusTurn(citizen_id, before, citizen.status, survivor)
