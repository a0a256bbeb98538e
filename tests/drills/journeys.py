"""People and clients who go their ways over and over, and whom a lost answer doesn't stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import httpx2

from tests.drills.journal import SUCCESS, Journal
from tests.drills.people import Made
from tests.drills.receiver import claims_of
from tests.site import Browser, RelyingParty, Site

OFFLINE = "openid profile email offline_access"
TRIES = 30
WRONG = 422

_strangers = count(1)


class Broken(Exception):
    """An answer that no client should see; the journal has it."""


@dataclass(frozen=True, slots=True)
class Walker:
    """A person with a browser, and the client that they use."""

    site: Site
    party: RelyingParty
    person: Made
    browser: Browser
    journal: Journal

    def walk(self, nth: int) -> None:
        """Sign in, agree, get data, refresh twice; then the client revokes, or the person signs out, or neither."""
        cut = False
        try:
            self._walk(nth)
        except (httpx2.TransportError, Broken) as error:
            cut = not isinstance(error, Broken)
        self.journal.count(cut=cut)

    def _walk(self, nth: int) -> None:
        code, answer = self._code(), None
        redeemed, tries = self._patiently("token", lambda: self.party.redeem(code), WRONG_CODE)
        if redeemed.status_code != SUCCESS:
            if tries == 1:
                self.journal.unexpected("first redemption", redeemed)
            self.journal.lost(code)
            return
        answer = redeemed.json()
        self.journal.redeemed(self.person.nik, self.party, code, answer)
        self._userinfo(answer["access_token"])
        token = answer["refresh_token"]
        for _ in range(2):
            refreshed, _ = self._patiently("refresh", lambda old=token: self.party.refresh(old))  # type: ignore[misc]
            self.journal.refreshed(token, refreshed.json())
            token = refreshed.json()["refresh_token"]
        self._userinfo(refreshed.json()["access_token"])
        if nth % 3 == 0:
            self._revoke(token)
        elif nth % 3 == 1:
            self._sign_out(answer["id_token"])
        if nth % 4 == 0:
            self._guess()

    def _code(self) -> str:
        browser = self.browser
        browser.http.cookies.clear()
        browser.open(self.party.authorize_url(OFFLINE, prompt="consent"))
        self._shown()
        browser.submit(identifier=self.person.email, password=self.person.password)
        self._shown()
        browser.agree("birthdate", "gender", "email")
        if browser.left_for is None:
            self._shown()
            self.journal.unexpected("no code", browser.page)
            raise Broken
        return browser.answer()["code"]

    def _shown(self) -> None:
        if self.browser.left_for is None and self.browser.page.status_code != SUCCESS:
            self.journal.unexpected(f"page {self.browser.step}", self.browser.page)
            raise Broken

    def _userinfo(self, token: str) -> None:
        answer, _ = self._patiently("userinfo", lambda: self.party.userinfo(token))
        self.journal.subjects[self.person.nik, self.party.client_id].add(answer.json()["sub"])
        if "name" in answer.json():
            self.journal.released_to(token)

    def _revoke(self, token: str) -> None:
        party = self.party
        self._patiently(
            "revoke",
            lambda: party.http.post(f"{party.issuer}/revoke", data={"token": token}, auth=party.auth),
        )
        self.journal.revoked_token(party, token)

    def _sign_out(self, id_token: str) -> None:
        page = self.browser.open(f"/logout?id_token_hint={id_token}")
        if page.status_code != SUCCESS or "<form" in page.text.partition("<main")[2]:
            self.journal.unexpected("logout", page)
        else:
            self.journal.signed_out(claims_of(id_token)["sid"])

    def _guess(self) -> None:
        """A stranger's wrong guess."""
        self.browser.http.cookies.clear()
        self.browser.open(self.party.authorize_url())
        page = self.browser.submit(
            identifier=f"orang{next(_strangers)}@uji.example", password="Salah-Sekali-1"
        )
        if page.status_code == WRONG:
            self.journal.failed()
        else:
            self.journal.unexpected("guess", page)

    def _patiently(
        self, what: str, ask: Callable[[], httpx2.Response], *allowed: str
    ) -> tuple[httpx2.Response, int]:
        """Ask until somebody answers, as a good client does; how often it took."""
        for tries in range(1, TRIES):
            try:
                answer = ask()
            except httpx2.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code != SUCCESS and not any(word in answer.text for word in allowed):
                self.journal.unexpected(f"{what}, try {tries}", answer)
                raise Broken
            return answer, tries
        raise AssertionError(f"{what}: nobody answers")


WRONG_CODE = "invalid_grant"


@contextmanager
def walking(walkers: Sequence[Walker]) -> Iterator[None]:
    """Let everybody walk, again and again, until the block ends; what any of them raises is raised here."""
    stop, raised = threading.Event(), list[BaseException]()

    def go(walker: Walker) -> None:
        try:
            for nth in count():
                if stop.is_set():
                    return
                walker.walk(nth)
        except BaseException as error:  # noqa: BLE001 -- told below
            raised.append(error)

    threads = [threading.Thread(target=go, args=(walker,)) for walker in walkers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    if raised:
        raise raised[0]
