"""Citizens: every look has a reason and a row, and what is done to an account ends what it had."""

from __future__ import annotations

import re

import pytest

from tests.admin.desk import REASON, OperatorBrowser
from tests.site import Browser, Site
from tests.site.browser import BUDI, SITI


def found(administrator: OperatorBrowser, nik: str) -> str:
    """The address of a citizen's page, after a search."""
    administrator.open("/admin/citizens")
    page = administrator.submit(nik=nik, reason=REASON)
    link = re.search(r'href="(/admin/citizens/[0-9a-f-]{36})"', page.text)
    assert link is not None, page.text[-3000:]
    return link[1]


def uses_of(site: Site, address: str) -> list[list[str]]:
    rows = site.rows(
        "select attributes from data_use where citizen_id = %s and action = 'operator_view' and sealed is not null "
        "order by at",
        address.rpartition("/")[2],
    )
    return [row[0] for row in rows]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"nik": BUDI}, "reason"),
        ({"nik": BUDI, "reason": "kurang"}, "reason"),
        ({"nik": "317101", "reason": REASON}, "nik"),
        ({"name": "Budi Santoso", "reason": REASON}, "birth_date"),
        ({"reason": REASON}, "nik"),
    ],
)
def test_a_search_needs_a_whole_key_and_a_reason(
    administrator: OperatorBrowser, site: Site, fields: dict[str, str], wrong: str
) -> None:
    before = site.rows("select count(*) from data_use")
    administrator.open("/admin/citizens")
    page = administrator.submit(**fields)
    assert page.status_code == 422
    assert f'href="#{wrong}"' in page.text
    assert site.rows("select count(*) from data_use") == before


@pytest.mark.parametrize(
    "fields", [{"nik": BUDI}, {"name": "drs. budi santoso", "birth_date": "1990-05-17"}], ids=["nik", "name"]
)
def test_a_citizen_is_found_masked_and_the_look_is_written_first(
    administrator: OperatorBrowser, site: Site, fields: dict[str, str]
) -> None:
    administrator.open("/admin/citizens")
    page = administrator.submit(**fields, reason=REASON)
    assert "B••• S••••••" in page.text
    assert BUDI not in re.sub(r'value="[^"]*"', "", page.text)
    [(citizens, sealed)] = site.rows(
        "select detail ->> 'citizens', sealed is not null from audit where action = 'citizen.search' "
        "order by at desc limit 1"
    )
    assert sealed
    link = re.search(r'href="(/admin/citizens/([0-9a-f-]{36}))"', page.text)
    assert link is not None
    assert link[2] in str(citizens)
    assert uses_of(site, link[1])[-1] == ["name", "nik", "birthdate", "status"]


def test_nobody_opens_a_citizen_without_a_reason(site: Site) -> None:
    [(citizen_id,)] = site.rows("select citizen_id from account where kind = 'citizen' order by id limit 1")
    address = f"/admin/citizens/{citizen_id}"
    page = OperatorBrowser(site, "support").sign_in(address)
    assert str(page.url).endswith("/view")
    assert "Catatan kependudukan" not in page.text


def test_the_whole_record_takes_the_reason_again(administrator: OperatorBrowser, site: Site) -> None:
    address = found(administrator, SITI)
    assert "Siti" not in administrator.open(address).text
    assert "SITI" not in administrator.page.text
    administrator.open(f"{address}/show")
    assert administrator.submit(reason="").status_code == 422
    page = administrator.submit(reason=REASON)
    assert "SITI RAHMAWATI" in page.text
    assert "kk" in uses_of(site, address)[-1]
    assert (f"citizen:{address.rpartition('/')[2]}", True) in administrator.audited("citizen.show")


def test_a_suspended_citizen_is_out_at_once_and_back_when_reinstated(
    administrator: OperatorBrowser, site: Site
) -> None:
    person = Browser(site.url)
    person.open("/account")
    person.sign_in(BUDI)
    assert person.open("/account").status_code == 200
    assert person.step == ""
    address = found(administrator, BUDI)
    administrator.open(f"{address}/suspend")
    page = administrator.submit(reason=REASON)
    assert "done=suspend" in str(page.url)
    person.open("/account")
    assert person.step == "sign_in"
    person.sign_in(BUDI)
    assert person.step == "sign_in"
    administrator.open(f"{address}/suspend")
    assert "done=unchanged" in str(administrator.submit(reason=REASON).url)
    administrator.open(f"{address}/reinstate")
    assert "done=reinstate" in str(administrator.submit(reason=REASON).url)
    person.open("/account")
    person.sign_in(BUDI)
    assert person.open("/account").status_code == 200
    assert len(administrator.audited("account.suspend")) == 1
    assert len(administrator.audited("account.reinstate")) == 1


def test_ended_sessions_are_ended_and_the_citizen_may_come_back(
    administrator: OperatorBrowser, site: Site
) -> None:
    person = Browser(site.url)
    person.open("/account")
    person.sign_in(BUDI)
    address = found(administrator, BUDI)
    administrator.open(f"{address}/end-sessions")
    administrator.submit(reason=REASON)
    assert person.open("/account").status_code == 200
    assert person.step == "sign_in"
    assert site.rows(
        "select count(*) from session s join account a on a.id = s.account_id "
        "where s.ended_at is null and a.citizen_id = %s",
        address.rpartition("/")[2],
    ) == [(0,)]
    assert administrator.audited("account.end_sessions")[0][1]
