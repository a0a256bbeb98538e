"""The promises that hold after every fault (docs: security), each asserted by what is stored and by what is answered."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID

from gapura.protocol.sid import sid_of
from gapura.values import SessionId
from tests.drills.journal import Journal
from tests.drills.lines import line_to_each_worker
from tests.drills.receiver import Receiver, claims_of
from tests.drills.requests import introspection
from tests.site import Site

SETTLE_SECONDS = 20


def hold(site: Site, journal: Journal, receiver: Receiver | None = None) -> None:
    """All ten, and that nobody was answered what may not be answered."""
    assert journal.broken == []
    for invariant in INVARIANTS:
        invariant(site, journal)
    if receiver is not None:
        every_logout_is_delivered_or_waits(site, receiver)


def a_code_yields_one_token_answer(site: Site, journal: Journal) -> None:
    assert all(answers == 1 for answers in journal.answers.values())
    assert journal.answers.keys().isdisjoint(journal.spent)
    # A code that a lost answer had spent: its orphan is dead.
    digests = [sha256(code.encode()).digest() for code in journal.spent]
    assert site.rows(
        "select count(*) from grants where code_digest = any(%s) and revoked_at is null", digests
    ) == [(0,)]
    assert _none(
        site,
        "select grant_id from access_token t join grants g on g.id = t.grant_id where g.redeemed_at is null",
    )


def a_family_has_one_live_generation(_: Site, journal: Journal) -> None:
    assert all(len(successors) == 1 for successors in journal.successors.values())


def nothing_revoked_lives_again(site: Site, journal: Journal) -> None:
    with line_to_each_worker(site) as lines:
        for line in lines.values():
            for party, token in journal.revoked[-20:]:
                assert line.ask(introspection(party, token)).json() == {"active": False}


def every_token_has_its_record(site: Site, journal: Journal) -> None:
    known = {str(row[0]) for row in site.rows("select id from access_token")}
    assert {claims_of(token)["jti"] for token in journal.access_tokens} <= known


def the_chain_holds_and_covers_every_change(site: Site, _: Journal) -> None:
    _until(lambda: not _waiting(site), "rows wait for their place in the chain")
    verified = subprocess.run(
        [sys.executable, "-m", "gapura", "audit", "verify"],
        env=site.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert verified.returncode == 0, verified.stdout + verified.stderr
    for changed, action in CHANGES:
        assert _none(
            site,
            f"select object from ({changed}) as changed (object) where not exists "
            "(select from audit a where a.object = changed.object and a.action = any(%s))",
            list(action),
        ), action


CHANGES = (
    ("select 'session:' || id from session", ("session.start",)),
    ("select 'session:' || id from session where ended_at is not null", ("session.end",)),
    ("select 'consent:' || id from consent", ("consent.given",)),
    ("select 'consent:' || id from consent where end_reason = 'withdrawn'", ("consent.withdrawn",)),
    ("select 'client:' || id from client", ("client.registered",)),
    ("select 'client:' || id from client where status = 'disabled'", ("client.disable",)),
    ("select 'account:' || id from account", ("account.create",)),
    ("select 'account:' || id from account where status = 'suspended'", ("account.suspend",)),
    ("select distinct 'key:' || alg from signing_key", ("key.create_active",)),
)
"""What has changed, as the audit names it, and what must have been noted with it."""


def failures_are_counted(site: Site, journal: Journal) -> None:
    [(counted,)] = site.rows(
        "select coalesce(sum(consecutive), 0)::int from throttle where window_seconds > 600"
    )
    assert isinstance(counted, int)
    assert counted >= journal.failures


def no_success_without_its_audit_row(site: Site, journal: Journal) -> None:
    for action, ids in (("session.start", journal.sessions), ("session.end", journal.ended)):
        noted = site.rows(
            "select distinct substr(object, 9)::uuid, sector from audit, client where action = %s", action
        )
        assert ids <= {sid_of(SessionId(UUID(str(one))), str(sector)) for one, sector in noted}


def subjects_never_change(site: Site, journal: Journal) -> None:
    assert all(len(subs) == 1 for subs in journal.subjects.values())
    assert _none(site, "select sector, sub from subject group by 1, 2 having count(distinct citizen_id) > 1")
    assert _none(
        site,
        "select g.id from grants g join client c on c.id = g.client_id "
        "left join subject s on s.citizen_id = g.citizen_id and s.sector = c.sector and s.sub = g.sub "
        "where s.sub is null",
    )


def no_data_without_its_row(site: Site, journal: Journal) -> None:
    owner = {str(row[0]): row[1] for row in site.rows("select id, grant_id from access_token")}
    noted: dict[object, Any] = {
        row[0]: row[1]
        for row in site.rows("select grant_id, count(*) from data_use where action = 'userinfo' group by 1")
    }
    released: dict[object, int] = {}
    for token, count in journal.released.items():
        grant = owner[claims_of(token)["jti"]]
        released[grant] = released.get(grant, 0) + count
    assert all(noted.get(grant, 0) >= count for grant, count in released.items())


def every_logout_is_delivered_or_waits(site: Site, receiver: Receiver) -> None:
    assert _none(
        site,
        "select s.id from session s join session_client r on r.session_id = s.id "
        "join client c on c.id = r.client_id and c.metadata ? 'backchannel_logout_uri' "
        "where s.ended_at is not null and not exists (select from outbox o where o.client_id = c.id "
        "and o.payload->>'session_id' = s.id::text)",
    )
    known = {str(row[0]) for row in site.rows("select id from outbox")}
    assert receiver.heard.keys() <= known
    assert {
        str(row[0]) for row in site.rows("select id from outbox where delivered_at is not null")
    } <= receiver.taken
    assert _none(site, "select id from outbox where delivered_at is not null and dead_at is not null")


INVARIANTS: tuple[Callable[[Site, Journal], None], ...] = (
    a_code_yields_one_token_answer,
    a_family_has_one_live_generation,
    nothing_revoked_lives_again,
    every_token_has_its_record,
    the_chain_holds_and_covers_every_change,
    failures_are_counted,
    no_success_without_its_audit_row,
    subjects_never_change,
    no_data_without_its_row,
)


def _none(site: Site, statement: str, *values: object) -> bool:
    found = site.rows(f"{statement} limit 3", *values)
    assert found == [], statement
    return True


def _waiting(site: Site) -> bool:
    return site.rows(
        "select (select count(*) from audit where seq is null) + (select count(*) from data_use where seq is null)"
    ) != [(0,)]


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)
