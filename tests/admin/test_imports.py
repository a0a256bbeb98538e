"""Extracts come by a page: nothing before a reason, the good rows together, the bad ones by line and cause."""

from __future__ import annotations

import os
import time
from pathlib import Path

import httpx2
import psycopg
import pytest

from tests.admin.desk import REASON, OperatorBrowser
from tests.site import Site
from tests.site.deployment import PEOPLE

HEADER, *ROWS = PEOPLE.read_text().splitlines()
BROKEN = ROWS[0].replace(ROWS[0].split(",")[0], "3171")


def upload(
    administrator: OperatorBrowser, content: str, mode: str = "delta", **changes: str | None
) -> httpx2.Response:
    """Post the form as a browser does, its fields before its file."""
    administrator.open("/admin/imports/new")
    token = administrator.page.text.split('name="csrf" value="')[-1].split('"')[0]
    fields = {"csrf": token, "mode": mode, "reason": REASON} | changes
    administrator.page = administrator.http.post(
        f"{administrator.origin}/admin/imports/new",
        data={name: value for name, value in fields.items() if value is not None},
        files={"file": ("warga.csv", content.encode(), "text/csv")},
        follow_redirects=True,
    )
    return administrator.page


def ended(administrator: OperatorBrowser) -> httpx2.Response:
    """The page of the load once it is over."""
    deadline = time.monotonic() + 60
    while "Sedang dimuat" in administrator.page.text and time.monotonic() < deadline:
        time.sleep(0.3)
        administrator.open(str(administrator.page.url))
    return administrator.page


def kept_extracts(site: Site) -> list[Path]:
    return list((site.home / "imports").glob("*/extract"))


def test_an_extract_is_loaded_and_nothing_of_it_stays(administrator: OperatorBrowser, site: Site) -> None:
    changed = ROWS[0].replace("JAKARTA", "BANDUNG")
    page = upload(administrator, "\n".join([HEADER, changed, *ROWS[1:4]]) + "\n")
    assert "/admin/imports/" in str(page.url), page.text[-2000:]
    load_id = int(str(page.url).rpartition("/")[2])
    assert "Selesai" in ended(administrator).text
    [(state, actor, accepted)] = site.rows(
        "select state, actor, accepted from registry_load where id = %s", load_id
    )
    assert (state, actor, accepted) == ("visible", administrator.account_id, 4)
    assert (f"load:{load_id}", True) in administrator.audited("registry.import")
    assert administrator.audited("registry.upload")[0][1]
    assert not kept_extracts(site)
    assert f'href="/admin/imports/{load_id}"' in administrator.open("/admin/imports").text


def test_bad_rows_are_shown_and_can_be_fetched(administrator: OperatorBrowser, site: Site) -> None:
    page = upload(administrator, "\n".join([HEADER, *ROWS, BROKEN]) + "\n")
    page = ended(administrator)
    load_id = int(str(page.url).rpartition("/")[2])
    assert "<code>" in page.text
    fetched = administrator.http.get(f"{site.url}/admin/imports/{load_id}/rejects.csv")
    assert fetched.status_code == 200
    assert fetched.headers["content-disposition"].startswith("attachment")
    lines = fetched.text.splitlines()
    assert lines[0] == "line,column,reason"
    assert lines[1].startswith(f"{len(ROWS) + 2},nik,")


@pytest.mark.parametrize(
    ("content", "changes", "status", "field"),
    [
        (HEADER + "\n", {"reason": None}, 422, "reason"),
        (HEADER + "\n", {"mode": "other"}, 422, "mode"),
        ("", {}, 422, "file"),
        ("name,age\nx,1\n", {}, 422, "file"),
        (HEADER + "\n", {"csrf": "forged"}, 403, None),
        (HEADER + "\n", {"csrf": None}, 403, None),
    ],
)
def test_a_wrong_upload_is_refused_and_leaves_nothing(
    administrator: OperatorBrowser,
    site: Site,
    content: str,
    changes: dict[str, str | None],
    status: int,
    field: str | None,
) -> None:
    page = upload(administrator, content, **changes)  # type: ignore[arg-type]
    assert page.status_code == status, page.text[-2000:]
    if field is not None:
        assert f'href="#{field}"' in page.text
    assert not kept_extracts(site)


def test_what_is_no_form_is_refused(administrator: OperatorBrowser) -> None:
    for headers, body in (
        ({"Content-Type": "multipart/form-data"}, b""),
        (
            {"Content-Type": "multipart/form-data; boundary=x"},
            b"--x\r\nContent-Disposition: form-data; name=csrf\r\n",
        ),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"nothing of the kind"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"csrf=1"),
    ):
        answer = administrator.http.post(
            f"{administrator.origin}/admin/imports/new", headers=headers, content=body
        )
        assert answer.status_code == 400


def test_an_extract_that_was_left_behind_is_removed(administrator: OperatorBrowser, site: Site) -> None:
    left = site.home / "imports" / "0123"
    left.mkdir(parents=True)
    (left / "extract").write_text("3171...")
    old = time.time() - 2 * 86400
    os.utime(left / "extract", (old, old))
    upload(administrator, HEADER + "\n")
    assert not (left / "extract").exists()


def test_a_second_import_waits_for_the_first(administrator: OperatorBrowser, site: Site) -> None:
    with psycopg.connect(site.database_url, autocommit=True) as other:
        other.execute("select pg_advisory_lock(hashtextextended('gapura registry import', 0))")
        page = upload(administrator, "\n".join([HEADER, ROWS[0]]) + "\n")
    assert page.status_code == 422
    assert "another import is under way" in page.text
    assert not kept_extracts(site)
