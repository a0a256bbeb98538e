"""Every page of the administration, as it is and as it comes back when nothing was filled in."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from gapura.values import Secret
from gapura.web.admin.app import stated_routes
from tests.journeys.citizen import AuthenticatorApp, Citizen
from tests.journeys.country import Country
from tests.journeys.inspection import Inspection, Tour
from tests.site.browser import BUDI

pytestmark = pytest.mark.browser

PASSWORD = "Kunci-Meja-Petugas-27"
REASON = "Permintaan tertulis nomor 31"
FORM = "main form[method=post] button[type=submit]"


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_page_of_the_administration_keeps_anybody_out(
    country: Country, browser: Browser, language: str
) -> None:
    operator = Citizen.at(browser, f"administration/{language}", language=language)
    tour = Tour(operator, Inspection(language))
    enrols(tour, country)
    ids = {
        "client_id": country.client_of("tax").client_id,
        "agency_id": "tax",
        "citizen_id": finds_a_citizen(tour, country),
        "load_id": "1",
    }
    for path in sorted(route.path for route, _ in stated_routes() if "GET" in (route.methods or ())):
        if not path.endswith(".csv"):
            looks_at(tour, country.site.url + path.format(**ids), path, left_empty=language == "id")
    tour.open("not-found", f"{country.site.url}/admin/nothing-here")
    operator.press("main a[href='/']")
    assert operator.page.url == f"{country.site.url}/admin"
    assert tour.inspection.found == {}


def enrols(tour: Tour, country: Country) -> None:
    operator, invitation = tour.citizen, country.invitation
    assert invitation.link is not None
    tour.open("enrolment", invitation.link.reveal())
    operator.press("main form button")
    tour.see("enrolment-nothing-typed")
    secret = "".join(operator.page.inner_text(".gapura-code-text").split())
    operator.app = AuthenticatorApp(Secret(secret))
    operator.page.fill("#password", PASSWORD)
    operator.page.fill("#password_again", PASSWORD)
    operator.page.fill("#otp", operator.app.code())
    operator.press("main form button")
    tour.see("sign-in")
    operator.type_password(invitation.operator, PASSWORD)
    tour.see("second-factor")
    operator.type_code()


def finds_a_citizen(tour: Tour, country: Country) -> str:
    """By NIK, looks at the record and takes the id out of its address."""
    operator = tour.citizen
    operator.open(f"{country.site.url}/admin/citizens")
    operator.page.fill("#nik", BUDI)
    operator.page.fill("#reason", REASON)
    operator.press("main form button")
    tour.see("citizens-found")
    operator.press("main table a")
    tour.see("citizen-masked")
    return operator.page.url.rstrip("/").rpartition("/admin/citizens/")[2].partition("/")[0]


def looks_at(tour: Tour, address: str, path: str, *, left_empty: bool) -> None:
    """The page, and with `left_empty` what comes back when its form is sent without a word: one language shows that."""
    name = path.strip("/").replace("/", "-").replace("{", "").replace("}", "")
    tour.open(name, address)
    if left_empty and tour.citizen.page.locator(FORM).count():
        tour.citizen.press(FORM)
        tour.see(f"{name}-nothing-typed")
