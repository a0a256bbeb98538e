"""Nobody does what their roles don't allow: every route, every role, every method, by real requests."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest
from fastapi import APIRouter

from gapura.identity.roles import PERMISSIONS, ROLES
from gapura.web.admin import app as administration
from tests.admin.desk import REASON, OperatorBrowser
from tests.site import Browser, Site
from tests.site.browser import BUDI

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Door:
    """One address of the administration, with the permission that each method of it takes."""

    path: str
    takes: dict[str, str]

    @property
    def address(self) -> str:
        """With ids of the right form for which there is nothing."""
        return re.sub(
            r"\{(\w+)\}", lambda name: "999999" if name[1] == "load_id" else str(uuid4()), self.path
        )


def doors() -> list[Door]:
    stated = sorted(administration.stated_routes(), key=lambda pair: pair[0].path)
    return [
        Door(path, {method: needs.permission for route, needs in pairs for method in route.methods or ()})
        for path, pairs in itertools.groupby(stated, key=lambda pair: pair[0].path)
    ]


DOORS = doors()


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path)
@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_a_role_opens_what_its_permissions_say(
    at_desk: Callable[[str], OperatorBrowser], door: Door, role: str
) -> None:
    browser = at_desk(role) if role in ROLES else _without_role(at_desk)
    browser.sign_in_again()
    for method in METHODS:
        answer = browser.http.request(method, f"{browser.origin}{door.address}")
        if method not in door.takes:
            assert answer.status_code == 405, method
        elif door.takes[method] in ROLES.get(role, frozenset()):
            # A post without its token is refused as a form, and that is a different page.
            assert answer.status_code in {200, 303, 400, 403, 404}, method
            assert "tidak berwenang" not in answer.text
        else:
            assert answer.status_code == 403, method
            assert "tidak berwenang" in answer.text


def _without_role(at_desk: Callable[[str], OperatorBrowser]) -> OperatorBrowser:
    return at_desk("nobody")


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path)
def test_who_is_not_signed_in_is_asked_to(site: Site, door: Door) -> None:
    for method in door.takes:
        answer = Browser(site.url).http.request(method, f"{site.url}{door.address}")
        assert answer.status_code == 303, method
        assert answer.headers["location"].startswith("/interaction/")


@pytest.fixture(scope="module")
def citizen(site: Site) -> Browser:
    browser = Browser(site.url)
    browser.open("/account")
    browser.sign_in(BUDI)
    return browser


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path)
def test_a_citizen_is_turned_away_everywhere(citizen: Browser, door: Door) -> None:
    for method in door.takes:
        answer = citizen.http.request(method, f"{citizen.origin}{door.address}")
        assert answer.status_code == 403, method


@pytest.mark.parametrize("door", [d for d in DOORS if "POST" in d.takes], ids=lambda door: door.path)
@pytest.mark.parametrize("token", [None, "", "forged"], ids=["none", "empty", "forged"])
def test_no_form_is_taken_without_its_token(
    administrator: OperatorBrowser, site: Site, door: Door, token: str | None
) -> None:
    before = site.rows("select count(*) from audit where actor = %s", administrator.account_id)
    fields = {"reason": REASON, **({} if token is None else {"csrf": token})}
    address = _existing(site, door)
    if door.path == "/admin/imports/new":
        answer = administrator.http.post(
            f"{site.url}{address}", data=fields, files={"file": ("x.csv", b"nik\n", "text/csv")}
        )
    else:
        answer = administrator.http.post(f"{site.url}{address}", data=fields)
    assert answer.status_code == 403
    assert "sudah tidak berlaku" in answer.text
    assert site.rows("select count(*) from audit where actor = %s", administrator.account_id) == before


def _existing(site: Site, door: Door) -> str:
    """The address with ids of things that are there."""
    [(citizen_id,)] = site.rows("select citizen_id from account where kind = 'citizen' order by id limit 1")
    site.rows(
        "insert into client select 'there', 'sandbox', 'active', %s::jsonb, 'x', null, null, null, null, now(), now() "
        "on conflict do nothing",
        '{"grant_types": ["authorization_code"], "response_types": ["code"], "scope": "openid", '
        '"token_endpoint_auth_method": "none", "id_token_signed_response_alg": "RS256", "subject_type": "pairwise", '
        '"application_type": "web"}',
    )
    return door.path.format(
        citizen_id=citizen_id, client_id="there", agency_id="sandbox", load_id=1, account_id=uuid4()
    )


@pytest.mark.parametrize(
    "path", sorted({route.path for route, needs in administration.stated_routes() if needs.fresh})
)
def test_what_is_dangerous_wants_a_sign_in_of_the_last_ten_minutes(
    administrator: OperatorBrowser, site: Site, path: str
) -> None:
    administrator.wait(minutes=9)
    door = Door(path, {"GET": "", "POST": ""})
    assert administrator.http.get(f"{site.url}{_existing(site, door)}").status_code in {200, 404}
    administrator.wait(minutes=11)
    for method in ("GET", "POST"):
        answer = administrator.http.request(method, f"{site.url}{_existing(site, door)}")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/interaction/")


def test_what_is_dangerous_is_marked_so() -> None:
    fresh = {route.path for route, needs in administration.stated_routes() if needs.fresh}
    client = "/admin/clients/{client_id}/"
    assert fresh == {
        "/admin/citizens/{citizen_id}/suspend",
        "/admin/imports/new",
        "/admin/keys/rotate",
        *(client + act for act in ("disable", "edit", "enable", "purposes", "secret")),
    }


def test_an_operator_who_was_away_proves_themselves_again(administrator: OperatorBrowser, site: Site) -> None:
    assert administrator.http.get(f"{site.url}/admin").status_code == 200
    administrator.wait(minutes=11)
    assert administrator.http.get(f"{site.url}/admin").status_code == 200, "the clock goes on while they work"
    administrator.forget_idle_clock()
    answer = administrator.http.get(f"{site.url}/admin")
    assert answer.status_code == 303
    assert administrator.sign_in("/admin").status_code == 200


def test_one_factor_is_not_enough(administrator: OperatorBrowser, site: Site) -> None:
    site.rows(
        "update session set acr = 'urn:gapura:loa:low', amr = '{pwd}' where ended_at is null and account_id = %s",
        administrator.account_id,
    )
    administrator.open("/admin/clients")
    assert administrator.step == "second_factor"
    page = administrator.sign_in("/admin/clients")
    assert str(page.url).endswith("/admin/clients")
    assert page.status_code == 200


def test_a_role_taken_away_is_gone_at_the_next_request(
    at_desk: Callable[[str], OperatorBrowser], site: Site
) -> None:
    auditor = at_desk("auditor")
    auditor.sign_in_again()
    assert auditor.open("/admin/keys").status_code == 200
    site.rows("delete from role_permission where role = 'auditor' and permission = 'key.read'")
    assert auditor.open("/admin/keys").status_code == 403
    assert "/admin/keys" not in auditor.open("/admin").text
    site.rows("insert into role_permission values ('auditor', 'key.read')")


def test_a_suspended_operator_is_out(at_desk: Callable[[str], OperatorBrowser], site: Site) -> None:
    support = at_desk("support")
    support.sign_in_again()
    assert support.open("/admin").status_code == 200
    site.rows("update account set status = 'suspended' where display_name = 'support'")
    support.open("/admin")
    assert support.step == "sign_in"
    site.rows("update account set status = 'active' where display_name = 'support'")


def test_an_operator_signs_out(at_desk: Callable[[str], OperatorBrowser], site: Site) -> None:
    support = at_desk("support")
    page = support.sign_in("/admin")
    assert 'action="/admin/sign-out"' in page.text
    assert 'class="gapura-brand" href="/admin"' in page.text
    assert support.post("/admin/sign-out", {"csrf": "forged"}).status_code == 403
    token = re.search(r'action="/admin/sign-out".*?name="csrf" value="([^"]+)"', page.text, re.DOTALL)
    assert token is not None
    assert support.post("/admin/sign-out", {"csrf": token[1]}).status_code == 200
    support.open("/admin")
    assert support.step == "sign_in"
    assert site.rows(
        "select count(*) from session where ended_at is null and account_id = %s", support.account_id
    ) == [(0,)]


def test_no_address_of_a_citizen_gets_into_the_log(administrator: OperatorBrowser, site: Site) -> None:
    [(citizen_id,)] = site.rows("select citizen_id from account where kind = 'citizen' order by id limit 1")
    assert administrator.open(f"/admin/citizens/{citizen_id}/suspend").status_code == 200
    log = site.log.read_text()
    assert "/admin/citizens/{citizen_id}/suspend" in log
    assert str(citizen_id) not in log


def test_a_route_without_a_permission_fails_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    open_to_all = APIRouter()

    @open_to_all.get("/admin/everything")
    async def everything() -> None: ...

    monkeypatch.setattr(administration, "ROUTERS", (*administration.ROUTERS, open_to_all))
    with pytest.raises(ValueError, match="states no permission"):
        list(administration.stated_routes())


def test_every_permission_of_a_route_is_one_that_roles_know() -> None:
    assert {needs.permission for _, needs in administration.stated_routes()} <= set(PERMISSIONS)
