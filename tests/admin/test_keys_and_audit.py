"""Signing keys are rotated by whoever proved themselves lately; the audit tells of it, and of its readers."""

from __future__ import annotations

import re
import time

import httpx2

from gapura.web.admin.audit import ACTIONS
from tests.admin.desk import REASON, OperatorBrowser
from tests.site import Site


def test_keys_are_rotated_once_the_next_ones_are_known(administrator: OperatorBrowser, site: Site) -> None:
    assert "RS256" in administrator.open("/admin/keys").text
    administrator.open("/admin/keys/rotate")
    assert "done=keys_waiting" in str(administrator.submit(reason=REASON).url)
    site.rows("update signing_key set created_at = created_at - interval '1 day' where state = 'next'")
    [(before,)] = site.rows("select kid from signing_key where alg = 'RS256' and state = 'active'")
    administrator.open("/admin/keys/rotate")
    assert "done=keys_rotate" in str(administrator.submit(reason=REASON).url)
    [(after,)] = site.rows("select kid from signing_key where alg = 'RS256' and state = 'active'")
    assert before != after
    assert (f"key:{after}", True) in administrator.audited("key.activate")
    assert f"{before}" in administrator.page.text


def test_a_rotation_wants_a_fresh_sign_in(administrator: OperatorBrowser) -> None:
    administrator.wait(minutes=11)
    page = administrator.sign_in("/admin/keys/rotate")
    assert str(page.url).endswith("/admin/keys/rotate")
    assert 'name="reason"' in page.text


def test_the_audit_is_filtered_by_actor_action_and_object(administrator: OperatorBrowser) -> None:
    administrator.open("/admin/audit?actor=administrator&action=session.start")
    table = administrator.page.text.split("<tbody")[1]
    assert "session:" in table
    assert "key:" not in table
    thing = re.search(r"session:[0-9a-f-]{36}", table)
    assert thing is not None
    administrator.open(f"/admin/audit?object={thing[0]}")
    assert thing[0] in administrator.page.text
    administrator.open("/admin/audit?since=2999-01-01")
    assert "<tbody" not in administrator.page.text
    assert administrator.open("/admin/audit?until=gestern").status_code == 422
    assert administrator.audited("audit.read")


def test_the_filter_knows_every_action_that_was_written(administrator: OperatorBrowser, site: Site) -> None:
    assert {str(action) for (action,) in site.rows("select distinct action from audit")} <= set(ACTIONS)
    assert administrator.open("/admin/audit?action=account.create").text.count("account.create") > 1


def test_the_audit_is_paged_by_cursor(administrator: OperatorBrowser, site: Site) -> None:
    for _ in range(30):
        administrator.open("/admin/audit?action=audit.read")
    _until_chained(site)
    newest = _numbers(administrator.open("/admin/audit"))
    assert len(newest) == 50
    older = re.search(r'href="(/admin/audit\?[^"]*page=[^"]+)"', administrator.page.text)
    assert older is not None
    following = _numbers(administrator.open(older[1].replace("&amp;", "&")))
    assert max(following) == min(newest) - 1, "what was read meanwhile moves no line"
    assert 'class="govuk-pagination__prev"' in administrator.page.text
    assert administrator.open("/admin/audit?page=nonsense").status_code == 400


def _numbers(page: httpx2.Response) -> list[int]:
    cells = re.findall(r'<tr class="govuk-table__row">\s*<td[^>]*>([^<]+)</td>', page.text)
    return [int(cell.replace(".", "")) for cell in cells if cell != "…"]


def _until_chained(site: Site) -> None:
    deadline = time.monotonic() + 20
    while site.rows("select 1 from audit where seq is null") and time.monotonic() < deadline:
        time.sleep(0.3)


def test_the_page_says_whether_the_chain_holds(administrator: OperatorBrowser, site: Site) -> None:
    _until_chained(site)
    assert "Rangkaian utuh" in administrator.open("/admin/audit").text
    site.rows("alter table audit disable trigger all")
    site.rows(
        "update audit set actor = 'somebody else' where seq = (select seq - 1 from chain_head where name = 'audit')"
    )
    assert "Rangkaian putus" in administrator.open("/admin/audit").text
