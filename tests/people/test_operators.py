from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from gapura.cli.admin import app
from gapura.crypto.passwords import Passwords
from gapura.flow.enrolment import Enrolled, Enrolment, Offer, Refused
from gapura.flow.order import Order
from gapura.flow.sign_in import Failed, NeedsSecondFactor, SignedIn
from gapura.identity.factors.totp import code_of, step_at
from gapura.identity.roles import ADMINISTRATOR, PERMISSIONS, ROLES
from gapura.identity.session import Browser
from gapura.settings import Settings
from gapura.storage.enrolments import Enrolments, create_operator
from gapura.storage.operators import Operators
from gapura.values import Instant, Secret
from tests.people.worlds import NIK, Neighbour, RealWorld

pytestmark = pytest.mark.anyio

CHOSEN = Secret("pintu gerbang kota tua")
HERE = Browser("198.51.100.7")


@pytest.fixture
def enrolment(real_world: RealWorld, passwords: Passwords) -> Enrolment:
    return Enrolment(Enrolments(real_world.database, real_world.vault), passwords)


async def invite(world: RealWorld, now: Instant, name: str = "tini") -> Secret | None:
    order = Order.of_system("shell", now)
    async with world.database.transaction() as tx:
        return await create_operator(tx, world.vault, world.records, name, ADMINISTRATOR, order)


async def opened(enrolment: Enrolment, link: Secret | None, now: Instant) -> tuple[Secret, Offer]:
    assert link is not None
    offer = await enrolment.offer(link, now)
    assert offer is not None
    return link, offer


async def test_a_link_sets_password_and_factor_together_and_then_the_operator_signs_in(
    real_world: RealWorld, enrolment: Enrolment, now: Instant
) -> None:
    link, offer = await opened(enrolment, await invite(real_world, now), now)
    proofs, step = real_world.proofs, step_at(now)

    done = await enrolment.complete(link, CHOSEN, code_of(offer.totp, step), now)

    assert done == Enrolled(offer.account_id)
    first = await proofs.check_password("tini", CHOSEN, HERE, now)
    assert isinstance(first, NeedsSecondFactor)
    again = await proofs.check_totp(offer.account_id, first.amr, code_of(offer.totp, step), HERE, now)
    assert again == Failed("otp_used")
    second = await proofs.check_totp(offer.account_id, first.amr, code_of(offer.totp, step + 1), HERE, now)
    assert isinstance(second, SignedIn)


async def test_a_link_is_used_once_however_many_try(
    real_world: RealWorld, enrolment: Enrolment, now: Instant
) -> None:
    link, offer = await opened(enrolment, await invite(real_world, now), now)
    code = code_of(offer.totp, step_at(now))

    done = await asyncio.gather(*(enrolment.complete(link, CHOSEN, code, now) for _ in range(8)))

    assert sum(isinstance(one, Enrolled) for one in done) == 1
    assert done.count(None) == 7
    assert await enrolment.offer(link, now) is None


@pytest.mark.parametrize(
    ("chosen", "code", "faults"),
    [
        (Secret("short"), None, {"password": "password_short"}),
        (CHOSEN, "000000", {"otp": "otp_wrong"}),
        (Secret("short"), "000000", {"password": "password_short", "otp": "otp_wrong"}),
    ],
)
async def test_what_is_wrong_is_told_and_uses_nothing_up(
    real_world: RealWorld,
    enrolment: Enrolment,
    now: Instant,
    chosen: Secret,
    code: str | None,
    faults: dict[str, str],
) -> None:
    link, offer = await opened(enrolment, await invite(real_world, now), now)

    done = await enrolment.complete(link, chosen, code or code_of(offer.totp, step_at(now)), now)

    assert done == Refused(faults)
    assert await enrolment.offer(link, now) == offer


async def test_a_link_ends_after_an_hour_and_with_the_next_one(
    real_world: RealWorld, enrolment: Enrolment, now: Instant
) -> None:
    first = await invite(real_world, now)
    second = await invite(real_world, now)
    assert first is not None
    assert second is not None

    assert await enrolment.offer(first, now) is None
    assert await enrolment.offer(second, now + timedelta(minutes=59)) is not None
    assert await enrolment.offer(second, now + timedelta(hours=1)) is None
    assert await enrolment.offer(Secret(secrets.token_urlsafe(32)), now) is None


async def test_an_enrolled_operator_gets_no_other_link(
    real_world: RealWorld, enrolment: Enrolment, now: Instant
) -> None:
    link, offer = await opened(enrolment, await invite(real_world, now), now)
    await enrolment.complete(link, CHOSEN, code_of(offer.totp, step_at(now)), now)

    assert await invite(real_world, now) is None


async def test_the_roles_of_the_migration_are_those_of_the_table(real_world: RealWorld) -> None:
    rows = await real_world.database.fetch(
        "select role, array_agg(permission) from role_permission group by 1"
    )

    assert {role: frozenset(permissions) for role, permissions in rows} == ROLES
    assert frozenset().union(*ROLES.values()) == frozenset(PERMISSIONS)


async def test_permissions_come_from_roles_and_nobody_else_has_any(real_world: RealWorld) -> None:
    operator = Neighbour(nik=None, contacts={"operator": "tini"}, roles=frozenset({"auditor", "unheard of"}))
    suspended = Neighbour(
        nik=None, contacts={"operator": "tono"}, roles=frozenset({"auditor"}), account_status="suspended"
    )
    operators = Operators(real_world.database)

    standing = await operators.standing(await real_world.add(operator))

    assert standing is not None
    assert standing.permissions == ROLES["auditor"]
    assert await operators.standing(await real_world.add(suspended)) is None
    assert await operators.standing(await real_world.add(Neighbour(NIK))) is None


async def test_what_is_done_to_operators_is_audited(
    real_world: RealWorld, enrolment: Enrolment, now: Instant
) -> None:
    link, offer = await opened(enrolment, await invite(real_world, now), now)
    await enrolment.complete(link, CHOSEN, code_of(offer.totp, step_at(now)), now)

    audited = await real_world.database.fetch("select actor_kind, action, object from audit")

    about = f"account:{offer.account_id}"
    assert sorted(audited) == [
        ("operator", "operator.enrol", about),
        ("system", "account.create", about),
        ("system", "operator.invite", about),
    ]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("GAPURA_ROOT_KEYS", settings.root_keys.reveal())


@pytest.mark.usefixtures("environment")
def test_the_command_prints_a_link_on_the_issuer() -> None:
    result = CliRunner().invoke(app, ["create", "Tini"])

    assert result.exit_code == 0
    assert result.stdout.startswith("http://localhost:8000/enrol/")


@pytest.mark.usefixtures("environment")
def test_the_command_refuses_a_name_that_nobody_could_type() -> None:
    result = CliRunner().invoke(app, ["create", "Ibu Tini"])

    assert result.exit_code == 1
