"""The tables that hang on root keys, in the order in which they move.

Each `put` changes rows that its `take` has locked, and none makes one: who was erased meanwhile stays erased.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from gapura.crypto.blind_index import BlindIndex, Kind
from gapura.crypto.keyring import Vault
from gapura.crypto.sealing import content_digest, open_data_key, open_record, rewrap_data_key
from gapura.flow.client_secrets import PURPOSE as CLIENT_SECRET_PURPOSE
from gapura.identity.citizen import Citizen
from gapura.identity.names import name_birth_key
from gapura.storage.accounts import CONTACT_PURPOSE, TOTP_PURPOSE, open_contact
from gapura.storage.chain import Chain
from gapura.storage.database import Row
from gapura.storage.keys import PURPOSE as SIGNING_KEY_PURPOSE
from gapura.storage.reindex import Step, Values
from gapura.storage.sessions import BROWSER_PURPOSE
from gapura.values import CitizenId

NOBODY, NO_LOAD = UUID(int=0), -1
INDEX_KINDS: Mapping[str, Kind] = {"email": "email", "phone": "phone", "name": "operator"}


def _turn(vault: Vault, row: Row) -> Values | None:
    load_id, citizen_id, _, survivor, wrapped, record = row
    merged_into = _citizen(vault, citizen_id, load_id, wrapped, record).merged_into
    digests = list(BlindIndex(vault).candidates("nik", merged_into)) if merged_into else []
    if digests == survivor:
        return None
    return {"load": load_id, "id": citizen_id, "survivor": digests}


def _index(vault: Vault, row: Row) -> Values:
    citizen_id, load_id, _, wrapped, record = row
    citizen, index = _citizen(vault, citizen_id, load_id, wrapped, record), BlindIndex(vault)
    return {
        "id": citizen_id,
        "load": load_id,
        "version": index.key_version,
        "nik": index.digest("nik", citizen.nik),
        "kk": index.digest("kk", citizen.kk),
        "name_birth": index.digest("name_birth", name_birth_key(citizen.full_name, citizen.birth_date)),
        "content": content_digest(vault, index.key_version, citizen.to_record()),
    }


def _citizen(vault: Vault, citizen_id: CitizenId, load_id: int, wrapped: bytes, record: bytes) -> Citizen:
    key = open_data_key(vault, citizen_id, wrapped)
    return Citizen.from_record(open_record(key, citizen_id, load_id, record))


def _data_key(vault: Vault, row: Row) -> Values:
    citizen_id, _, wrapped = row
    rewrapped = rewrap_data_key(vault, citizen_id, wrapped)
    return {"id": citizen_id, "wrapped": rewrapped, "version": vault.versions[0]}


def _contact(vault: Vault, row: Row) -> Values:
    account_id, kind, _, sealed = row
    plain, index = open_contact(vault, account_id, kind, sealed), BlindIndex(vault)
    return {
        "id": account_id,
        "kind": kind,
        "digest": index.digest(INDEX_KINDS[kind], plain),
        "version": index.key_version,
        "value": vault.reseal(CONTACT_PURPOSE, sealed, account_id.bytes + kind.encode()),
    }


def _totp(vault: Vault, row: Row) -> Values:
    account_id, credential_id, _, sealed = row
    resealed = vault.reseal(TOTP_PURPOSE, sealed, account_id.bytes + credential_id.bytes)
    return {"account": account_id, "id": credential_id, "secret": resealed}


def _session(vault: Vault, row: Row) -> Values:
    session_id, _, sealed = row
    return {"id": session_id, "browser": vault.reseal(BROWSER_PURPOSE, sealed, session_id.bytes)}


def _signing_key(vault: Vault, row: Row) -> Values:
    kid, _, sealed = row
    return {"kid": kid, "sealed": vault.reseal(SIGNING_KEY_PURPOSE, sealed, kid.encode())}


def _client(vault: Vault, row: Row) -> Values:
    client_id, _, sealed = row
    return {"id": client_id, "secret": vault.reseal(CLIENT_SECRET_PURPOSE, sealed, client_id.encode())}


def _chain_start(vault: Vault, row: Row) -> Values | None:
    """Only a seal that is right gets a new one; a wrong one stays for `gapura audit verify` to find."""
    name, version, seq, kept, seal = row
    chain = Chain(vault, name)
    if version not in vault.versions or chain.start_seal(version, seq, kept) != seal:
        return None
    return {"name": name, "seal": chain.start_seal(vault.versions[0], seq, kept)}


def _sealed(
    table: str,
    key: tuple[str, ...],
    start: tuple[object, ...],
    column: str,
    move: Callable[[Vault, Row], Values],
    put: str,
    *,
    where: str = "true",
) -> Step:
    """A table with one sealed column, whose first byte is its version."""
    keys, after = ", ".join(key), ", ".join(f"%(after{place})s" for place in range(len(key)))
    take = f"""
select {keys}, get_byte({column}, 0), {column} from {table}
where ({keys}) > ({after}) and {column} is not null and get_byte({column}, 0) <> %(current)s and {where}
order by {keys} limit %(most)s for no key update skip locked"""
    return Step(table, start, take, move, (put,))


# Only a load that was interrupted still looks for survivors; its rows know the digests of the keys that it began with.
TURNS = Step(
    "registry_turn",
    (NO_LOAD, NOBODY),
    """
select t.load_id, t.citizen_id, 0, t.survivor, k.wrapped, v.record
from registry_turn t join registry_load l on l.id = t.load_id and l.state = 'loading'
join citizen_version v on v.citizen_id = t.citizen_id and v.load_id = t.load_id
join citizen_key k on k.citizen_id = t.citizen_id
where (t.load_id, t.citizen_id) > (%(after0)s, %(after1)s) and cardinality(t.survivor) > 0
order by t.load_id, t.citizen_id limit %(most)s for no key update of t skip locked""",
    _turn,
    ("update registry_turn set survivor = %(survivor)s where load_id = %(load)s and citizen_id = %(id)s",),
)
# The content's digest has no version of its own: it is written with the index row and moves with it.
CITIZEN_INDEX = Step(
    "citizen_index",
    (NOBODY, NO_LOAD),
    """
select i.citizen_id, i.load_id, i.key_version, k.wrapped, v.record
from citizen_index i join citizen_version v on v.citizen_id = i.citizen_id and v.load_id = i.load_id
join citizen_key k on k.citizen_id = i.citizen_id
where (i.citizen_id, i.load_id) > (%(after0)s, %(after1)s) and i.key_version <> %(current)s
order by i.citizen_id, i.load_id limit %(most)s for no key update of i, v skip locked""",
    _index,
    (
        """
update citizen_index set key_version = %(version)s, nik = %(nik)s, kk = %(kk)s, name_birth = %(name_birth)s
where citizen_id = %(id)s and load_id = %(load)s""",
        "update citizen_version set content = %(content)s where citizen_id = %(id)s and load_id = %(load)s",
    ),
)
CITIZEN_KEY = Step(
    "citizen_key",
    (NOBODY,),
    """
select citizen_id, root_version, wrapped from citizen_key
where citizen_id > %(after0)s and root_version <> %(current)s
order by citizen_id limit %(most)s for no key update skip locked""",
    _data_key,
    ("update citizen_key set wrapped = %(wrapped)s, root_version = %(version)s where citizen_id = %(id)s",),
)
# Where somebody else has the same address under the current key already, the row stays, and is counted as left.
CONTACTS = Step(
    "account_contact",
    (NOBODY, ""),
    """
select account_id, kind, key_version, value from account_contact
where (account_id, kind) > (%(after0)s, %(after1)s) and key_version <> %(current)s
order by account_id, kind limit %(most)s for update skip locked""",
    _contact,
    (
        """
update account_contact set digest = %(digest)s, key_version = %(version)s, value = %(value)s
where account_id = %(id)s and kind = %(kind)s
    and not exists (select from account_contact other where other.digest = %(digest)s)""",
    ),
)
TOTP = _sealed(
    "credential", ("account_id", "id"), (NOBODY, NOBODY), "secret", _totp,
    "update credential set secret = %(secret)s where account_id = %(account)s and id = %(id)s",
    where="kind = 'totp'",
)  # fmt: skip
SESSIONS = _sealed(
    "session", ("id",), (NOBODY,), "browser", _session,
    "update session set browser = %(browser)s where id = %(id)s",
)  # fmt: skip
SIGNING_KEYS = _sealed(
    "signing_key", ("kid",), ("",), "private_sealed", _signing_key,
    "update signing_key set private_sealed = %(sealed)s where kid = %(kid)s",
)  # fmt: skip
CLIENTS = _sealed(
    "client", ("id",), ("",), "secret_sealed", _client,
    "update client set secret_sealed = %(secret)s where id = %(id)s",
)  # fmt: skip
CHAIN_START = Step(
    "chain_start",
    ("",),
    """
select name, get_byte(seal, 0), seq, hash, seal from chain_start
where name > %(after0)s and get_byte(seal, 0) <> %(current)s
order by name limit %(most)s for no key update skip locked""",
    _chain_start,
    ("update chain_start set seal = %(seal)s where name = %(name)s",),
)

STEPS = (TURNS, CITIZEN_INDEX, CITIZEN_KEY, CONTACTS, TOTP, SESSIONS, SIGNING_KEYS, CLIENTS, CHAIN_START)
