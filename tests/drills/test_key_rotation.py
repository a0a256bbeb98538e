"""Signing keys change while tokens are issued, and every token verifies with the keys that its client knows."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from gapura.settings import Settings
from gapura.values import Secret
from tests.drills.people import anybody, bring
from tests.drills.sizes import short_and_long
from tests.site import Browser, RelyingParty, Site, run_site

MAX_AGE = 1  # seconds a client may keep the JWKS; a next key is published for twice as long before it signs
ALGS = ["RS256", "PS256", "ES256"]
PEOPLE = [anybody(number) for number in range(20, 22)]


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Four workers, and keys that go round quickly."""
    home, max_age = tmp_path_factory.mktemp("site"), str(MAX_AGE)
    with run_site(
        module_database_url,
        module_redis_url,
        root_keys,
        home,
        workers=4,
        people=_bring_people,
        GAPURA_JWKS_MAX_AGE=max_age,
    ) as running:
        yield running


def _bring_people(settings: Settings) -> None:
    bring(settings, PEOPLE)


@dataclass(slots=True)
class Verifier:
    """A client that keeps the JWKS exactly as long as it may, and holds every token against it."""

    party: RelyingParty
    token: str
    kids: set[str] = field(default_factory=set)
    verified: int = 0
    _keys: KeySet | None = None
    _fetched_at: float = 0.0

    def refresh(self) -> None:
        if self._keys is None or time.monotonic() - self._fetched_at > MAX_AGE:
            answer = self.party.http.get(f"{self.party.issuer}/jwks")
            assert f"max-age={MAX_AGE}" in answer.headers["cache-control"]
            self._keys, self._fetched_at = KeySet.import_key_set(answer.json()), time.monotonic()
        tokens: dict[str, Any] = self.party.refresh(self.token).json()
        self.token = tokens["refresh_token"]
        for text in (tokens["access_token"], tokens["id_token"]):
            read = jwt.decode(text, self._keys, algorithms=ALGS)
            self.kids.add(read.header["kid"])
            self.verified += 1


@pytest.mark.parametrize("rotations", short_and_long(1, 8))
def test_every_token_verifies_with_keys_that_were_fetched_at_most_max_age_ago(
    site: Site, rotations: int
) -> None:
    verifiers = [_verifier(site, n, alg) for n, alg in enumerate(("RS256", "PS256"))]
    stop, failed = threading.Event(), list[BaseException]()
    threads = [threading.Thread(target=_go, args=(one, stop, failed)) for one in verifiers]
    for thread in threads:
        thread.start()
    before = _active(site)
    for _ in range(rotations):
        before = _rotated(site, before)
    time.sleep(MAX_AGE)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed, failed
    # Each has seen both of its algorithms change with each rotation: its ID tokens' and the access tokens'.
    assert all(len(one.kids) >= 2 * (rotations + 1) for one in verifiers), [one.kids for one in verifiers]
    assert httpx2.get(f"{site.url}/jwks").status_code == 200


def _verifier(site: Site, number: int, alg: str) -> Verifier:
    person = PEOPLE[number]
    party = RelyingParty.register(site.url, id_token_signed_response_alg=alg)
    browser = Browser(site.url)
    browser.open(party.authorize_url("openid offline_access", prompt="consent"))
    browser.submit(identifier=person.nik, password=person.password)
    browser.agree()
    return Verifier(party, party.redeem(browser.answer()["code"]).json()["refresh_token"])


def _go(verifier: Verifier, stop: threading.Event, failed: list[BaseException]) -> None:
    try:
        while not stop.is_set():
            verifier.refresh()
            time.sleep(0.005)
    except BaseException as error:  # noqa: BLE001 -- told by the test
        failed.append(error)


def _active(site: Site) -> set[object]:
    return {row[0] for row in site.rows("select kid from signing_key where state = 'active'")}


def _rotated(site: Site, before: set[object]) -> set[object]:
    """`gapura keys rotate` until every algorithm has another key; before its time it does nothing."""
    deadline = time.monotonic() + 60
    while before & (now := _active(site)):
        assert time.monotonic() < deadline, "the keys do not change"
        subprocess.run(
            [sys.executable, "-m", "gapura", "keys", "rotate"],
            env=site.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        time.sleep(0.3)
    return now
