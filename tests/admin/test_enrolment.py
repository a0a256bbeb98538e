"""An operator comes in by a link that is good once: password and code app together, then the front door."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from gapura.identity.factors.totp import code_of, step_at
from gapura.values import Secret
from tests.admin.desk import PASSWORD, OperatorBrowser
from tests.site import Browser, Site


def invited(site: Site, name: str) -> str:
    """The address that `gapura admin create` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "gapura", "admin", "create", name],
        env=site.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()[-1]


def secret_on(browser: Browser) -> Secret:
    """The code app's secret as it is written below the picture."""
    found = re.search(r'gapura-code-text">([^<]+)', browser.page.text)
    assert found is not None
    return Secret("".join(found[1].split()))


def code(secret: Secret, later: int = 0) -> str:
    return code_of(secret, step_at(datetime.now(UTC)) + later)


def test_an_invited_operator_enrols_and_signs_in(site: Site) -> None:
    link = invited(site, "ratna.dewi")
    assert link.startswith(site.url)
    browser = OperatorBrowser(site, "ratna.dewi")
    page = browser.open(link)
    assert page.status_code == 200
    assert "<svg" in page.text
    secret = secret_on(browser)
    browser.submit(password=PASSWORD, password_again=PASSWORD, otp=code(secret))
    assert browser.step == "sign_in", browser.page.text
    browser.submit(identifier="ratna.dewi", password=PASSWORD)
    browser.submit(otp=code(secret, later=1))
    assert str(browser.page.url) == f"{site.url}/admin"
    assert "Ratna" in browser.page.text or "ratna.dewi" in browser.page.text
    assert browser.open(link).status_code == 410
    assert browser.audited("operator.enrol")


@pytest.mark.parametrize(
    ("password", "again", "otp", "field"),
    [
        ("", "", "123456", "password"),
        ("kurang", "kurang", None, "password"),
        (PASSWORD, "Kunci-Meja-Petugas-28", None, "password_again"),
        (PASSWORD, PASSWORD, "", "otp"),
        (PASSWORD, PASSWORD, "abcdef", "otp"),
    ],
    ids=["none", "short", "differs", "no code", "wrong code"],
)
def test_a_wrong_enrolment_changes_nothing(
    site: Site, password: str, again: str, otp: str | None, field: str
) -> None:
    browser = Browser(site.url)
    browser.open(invited(site, "made.sari"))
    secret = secret_on(browser)
    typed = code(secret) if otp is None else otp
    page = browser.submit(password=password, password_again=again, otp=typed)
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert secret_on(browser) == secret, "the app that was set up already stays right"
    assert site.rows(
        "select count(*) from credential c join account a on a.id = c.account_id where display_name = %s",
        "made.sari",
    ) == [(0,)]


def test_a_link_leads_nowhere_without_its_form_token_or_when_unknown(site: Site) -> None:
    browser = Browser(site.url)
    link = invited(site, "putu.eka")
    browser.open(link)
    fields = {"password": PASSWORD, "password_again": PASSWORD, "otp": code(secret_on(browser))}
    assert browser.post(link, fields).status_code == 403
    assert browser.open(f"{link}x").status_code == 410
    assert link.rpartition("/")[2] not in site.log.read_text()
