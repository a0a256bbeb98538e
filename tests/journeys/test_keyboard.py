"""Signing in and agreeing without a mouse: everything is reached in order, seen when reached, and sent by Enter."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, ElementHandle, Page

from tests.journeys.citizen import DESKTOP, AuthenticatorApp, Citizen
from tests.journeys.country import Country
from tests.site.browser import PASSWORD, SITI

pytestmark = pytest.mark.browser

# All that a person can use, in the order of the page; hidden fields and what is switched off are not.
CONTROLS = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .filter((one) => !one.disabled && one.getClientRects().length).length"""
HERE = """() => {
    const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    return all.filter((one) => !one.disabled && one.getClientRects().length).indexOf(document.activeElement)
}"""
# What the eye can tell the focused element, or the label that is drawn for it, by.
LOOKS = """(one) => [one, ...(one.labels ?? [])].flatMap((each) => [null, '::before'].map((part) => {
    const style = getComputedStyle(each, part)
    return [style.outline, style.boxShadow, style.backgroundColor, style.borderColor, style.borderWidth].join()
})).join()"""


def test_a_citizen_signs_in_and_agrees_by_keyboard_alone(
    country: Country, browser: Browser, app: AuthenticatorApp
) -> None:
    siti = Citizen.at(browser, "keyboard", app, width=DESKTOP)
    siti.open(f"{country.portals['tax']}/sign-in")
    tabs_through_everything(siti.page)
    goes_to(siti.page, "#identifier")
    siti.page.keyboard.type(SITI)
    siti.page.keyboard.press("Tab")
    siti.page.keyboard.type(PASSWORD)
    presses_enter(siti.page)
    tabs_through_everything(siti.page)
    goes_to(siti.page, "#otp")
    siti.page.keyboard.type(siti.app.code())
    presses_enter(siti.page)
    tabs_through_everything(siti.page)
    goes_to(siti.page, "input[value=address]")
    siti.photograph("focus-on-a-box")
    siti.page.keyboard.press("Space")
    assert not siti.page.is_checked("input[value=address]")
    goes_to(siti.page, "button[value=allow]")
    siti.photograph("focus-on-agree")
    presses_enter(siti.page)
    assert "SITI RAHMAWATI" in siti.heading()
    assert "MERDEKA" not in siti.reads()
    siti.open(f"{country.site.url}/account/agencies")
    tabs_through_everything(siti.page)


def tabs_through_everything(page: Page) -> None:
    """Tab goes through all controls in the order of the page, and each looks different when it has the focus."""
    page.evaluate("document.activeElement.blur(), window.getSelection().removeAllRanges()")
    page.focus("body")
    before = {place: handle.evaluate(LOOKS) for place, handle in enumerate(_controls(page))}
    reached = []
    for place in range(int(page.evaluate(CONTROLS))):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(HERE))
        handle = page.evaluate_handle("document.activeElement").as_element()
        assert handle is not None
        assert handle.evaluate(LOOKS) != before[place], (
            f"no visible focus: {handle.evaluate('e => e.outerHTML')}"
        )
    assert reached == list(range(len(reached)))


def _controls(page: Page) -> list[ElementHandle]:
    found = page.query_selector_all("a[href], button, input:not([type=hidden]), select, textarea, summary")
    return [one for one in found if one.evaluate("e => !e.disabled && e.getClientRects().length > 0")]


def goes_to(page: Page, selector: str) -> None:
    for _ in range(60):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


def presses_enter(page: Page) -> None:
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")
