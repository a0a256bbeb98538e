"""What ends in the commit that makes a load visible, when a citizen is no longer ACTIVE."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from gapura.identity.citizen import Status
from gapura.storage.registry import Registry
from gapura.values import CitizenId
from tests.registry.citizen_rows import NOW, Import, WriteExtract, nik, number_of, somebody

pytestmark = pytest.mark.anyio

Query = Callable[..., list[tuple[Any, ...]]]


def signed_in(database_url: str, citizen_id: CitizenId) -> None:
    """An account with a live session at a client, a consent, a grant and a subject."""
    account, session, consent, grant = (uuid4() for _ in range(4))
    later = NOW + timedelta(days=30)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into agency values ('tax', 'Pajak', 'Tax', %s) on conflict do nothing", [NOW]
        )
        connection.execute(
            "insert into client (id, agency_id, status, metadata, sector, created_at, changed_at) values "
            """('portal', 'tax', 'active', '{"backchannel_logout_uri": "http://localhost/logout"}', 'tax', %s, %s) """
            "on conflict do nothing",
            [NOW, NOW],
        )
        connection.execute(
            "insert into account values (%s, 'citizen', %s, null, 'active', 'id', %s, %s)",
            [account, citizen_id, NOW, NOW],
        )
        connection.execute(
            "insert into session (id, account_id, auth_time, amr, acr, created_at, expires_at) "
            "values (%s, %s, %s, '{pwd}', 'urn:gapura:loa:low', %s, %s)",
            [session, account, NOW, NOW, later],
        )
        connection.execute("insert into session_client values (%s, 'portal', %s, %s)", [session, grant, NOW])
        connection.execute(
            "insert into consent (id, citizen_id, client_id, purpose_ids, scope, asked, attributes, legal_basis, "
            "text_version, text_digest, locale, granted_at, expires_at) values "
            "(%s, %s, 'portal', '{}', '{openid}', '{}', '{}', 'CONSENT', '1', '', 'id', %s, %s)",
            [consent, citizen_id, NOW, later],
        )
        connection.execute(
            "insert into grants (id, client_id, account_id, citizen_id, session_id, consent_id, sub, scope, attributes, "
            "purpose_ids, legal_basis, auth_time, acr, amr, redirect_uri, redirect_uri_sent, code_digest, "
            "code_expires_at, created_at, expires_at, grant_type) values (%s, 'portal', %s, %s, %s, %s, 's', '{openid}', '{}', '{}', "
            "'CONSENT', %s, 'low', '{pwd}', 'http://localhost/', true, %s, %s, %s, %s, "
            "'authorization_code')",
            [grant, account, citizen_id, session, consent, NOW, grant.bytes, NOW, NOW, later],
        )
        connection.execute(
            "insert into subject values (%s, 'tax', %s, 1, null, %s)", [citizen_id, str(citizen_id), NOW]
        )


async def found(registry: Registry, number: int) -> CitizenId:
    citizen_id = await registry.find_by_nik(nik(number_of(number)))
    assert citizen_id
    return citizen_id


@pytest.mark.parametrize("status", ["DECEASED", "MOVED_ABROAD", "REVOKED", "DUPLICATE"])
async def test_who_is_no_longer_active_is_signed_out_everywhere(
    status: str, extract: WriteExtract, do_import: Import, registry: Registry, database_url: str, query: Query
) -> None:
    do_import(extract(somebody(1), somebody(2)))
    gone, stays = await found(registry, 1), await found(registry, 2)
    for citizen_id in (gone, stays):
        signed_in(database_url, citizen_id)
    more = {"merged_into": number_of(2)} if status == "DUPLICATE" else {}
    effects = do_import(extract(somebody(1, status=status, **more)), "delta").effects
    assert (effects.turned, effects.sessions, effects.grants, effects.consents) == (1, 1, 1, 1)
    assert await registry.status(gone) is Status(status)
    assert query(
        "select a.citizen_id from session s join account a on a.id = s.account_id where ended_at is null"
    ) == [(stays,)]
    assert query("select citizen_id, revoke_reason from grants where revoked_at is not null") == [
        (gone, "registry")
    ]
    assert query("select citizen_id, end_reason from consent where ended_at is not null") == [
        (gone, "registry")
    ]
    [(kind, client, payload)] = query("select kind, client_id, payload from outbox")
    assert (kind, client, payload["client_id"]) == ("backchannel_logout", "portal", "portal")
    assert query("select a.citizen_id from session s join account a on a.id = s.account_id where s.id = %s", payload["session_id"]) == [
        (gone,)
    ]  # fmt: skip
    assert query("select citizen_status from person where citizen_id = %s", gone) == [(status,)]


async def test_a_duplicates_subjects_are_aliases_of_the_last_survivor(
    extract: WriteExtract, do_import: Import, registry: Registry, database_url: str, query: Query
) -> None:
    do_import(extract(*map(somebody, range(1, 5))))
    one, two, three = [await found(registry, number) for number in (1, 2, 3)]
    for citizen_id in (one, two, three):
        signed_in(database_url, citizen_id)
    aliases = "select citizen_id, alias_of from subject where alias_of is not null"

    do_import(extract(somebody(1, status="DUPLICATE", merged_into=number_of(2))), "delta")
    assert query(aliases) == [(one, two)]
    do_import(extract(somebody(2, status="DUPLICATE", merged_into=number_of(3))), "delta")
    assert sorted(query(aliases)) == sorted([(one, three), (two, three)])
    do_import(extract(somebody(2)), "delta")
    assert query(aliases) == [(one, three)]


async def test_a_chain_of_merges_in_one_load_ends_at_its_survivor(
    extract: WriteExtract, do_import: Import, registry: Registry, database_url: str, query: Query
) -> None:
    do_import(extract(*map(somebody, range(1, 5))))
    ids = [await found(registry, number) for number in range(1, 5)]
    for citizen_id in ids:
        signed_in(database_url, citizen_id)
    merged = [somebody(n, status="DUPLICATE", merged_into=number_of(n + 1)) for n in (1, 2)]
    unknown = somebody(4, status="DUPLICATE", merged_into=number_of(99))
    effects = do_import(extract(*merged, unknown), "delta").effects
    assert effects.survivors_missing == 1
    aliases = query("select citizen_id, alias_of from subject where alias_of is not null")
    assert sorted(aliases) == sorted([(ids[0], ids[2]), (ids[1], ids[2])])


async def test_a_discarded_load_ends_nothing(
    extract: WriteExtract, do_import: Import, registry: Registry, database_url: str, query: Query
) -> None:
    do_import(extract(somebody(1)))
    signed_in(database_url, await found(registry, 1))
    assert not do_import(extract(somebody(1, status="DECEASED"), somebody(2, sex="X")), "delta").visible
    assert await registry.status(await found(registry, 1)) is Status.ACTIVE
    assert query("select count(*) from session where ended_at is null") == [(1,)]
    assert query("select count(*) from citizen_key") == [(1,)]
