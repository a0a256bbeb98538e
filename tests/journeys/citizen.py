"""A citizen at a real browser: opens pages, types, presses buttons, and takes a photograph of what is shown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from gapura.identity.factors.totp import WINDOW, code_of, step_at
from gapura.values import Secret
from tests.site.browser import PASSWORD, SITI, TOTP_SECRET

PHONE, DESKTOP = 360, 1280  # CSS pixels
LOCALES = {"id": "id-ID", "en": "en-GB"}
PHOTOGRAPHS = Path(__file__).parents[2] / "test-results"


@contextmanager
def started(chromium: str) -> Iterator[Browser]:
    """A browser; its driver keeps an event loop in this thread, so nothing else may run one meanwhile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass(slots=True)
class AuthenticatorApp:
    """Gives each code once; a code is good some steps before and after its own time."""

    secret: Secret = field(default_factory=lambda: Secret(TOTP_SECRET))
    _spent: int = 0

    def code(self) -> str:
        while True:
            now = step_at(datetime.now(UTC))
            step = max(self._spent + 1, now)  # an older one could lapse on its way
            if step <= now + WINDOW:
                self._spent = step
                return code_of(self.secret, step)
            time.sleep(0.2)


@dataclass(slots=True)
class Citizen:
    page: Page
    album: str
    app: AuthenticatorApp
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @classmethod
    def at(
        cls,
        browser: Browser,
        album: str,
        app: AuthenticatorApp | None = None,
        *,
        language: str = "id",
        width: int = PHONE,
        scripts: bool = True,
    ) -> Citizen:
        """Somebody at a fresh browser that wants pages in `language`."""
        context = browser.new_context(
            locale=LOCALES[language],
            viewport={"width": width, "height": 780},
            java_script_enabled=scripts,
            timezone_id="Asia/Jakarta",
        )
        return cls(context.new_page(), album, app or AuthenticatorApp())

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def open(self, address: str) -> None:
        self.page.goto(address, wait_until="load")

    def press(self, selector: str) -> None:
        """Press what leads to another page, and wait for that."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.click(selector)

    def type_password(self, identifier: str = SITI, password: str = PASSWORD) -> None:
        self.page.fill("#identifier", identifier)
        self.page.fill("#password", password)
        self.press("main form button.govuk-button:not([name=decision])")

    def type_code(self) -> None:
        self.page.fill("#otp", self.app.code())
        self.press("main form button.govuk-button:not([name=decision])")

    def decide(self, decision: str) -> None:
        self.press(f"main button[name=decision][value={decision}]")

    def reads(self) -> str:
        return self.page.inner_text("main").replace("\xa0", " ")

    def heading(self) -> str:
        return self.page.inner_text("h1")

    def photograph(self, name: str) -> None:
        folder = PHOTOGRAPHS / self.album
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{next(self._numbers):02}-{name}.png", full_page=True)

    def has_no_sideways_scrolling(self) -> bool:
        width = self.page.viewport_size["width"]  # type: ignore[index]  # our contexts all have one
        return bool(self.page.evaluate("document.documentElement.scrollWidth") <= width)
