"""Workers that die in the middle of anything cost a retry, never a promise."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.drills.invariants import hold, nothing_revoked_lives_again
from tests.drills.journal import Journal
from tests.drills.journeys import Walker, walking
from tests.drills.people import anybody, bring
from tests.drills.receiver import Receiver
from tests.drills.sizes import short_and_long
from tests.site import Browser, RelyingParty, Site

WALKERS = 6
BETWEEN = (0.2, 1.2)  # seconds from one kill to the next


@pytest.mark.parametrize("kills", short_and_long(5, 100))
def test_killed_workers_break_no_promise(
    site: Site, party: RelyingParty, receiver: Receiver, kills: int
) -> None:
    people = [anybody(number) for number in range(WALKERS)]
    if not site.rows("select from subject"):
        bring(site.settings, people)
    journal, chance = Journal(), random.Random(kills)  # noqa: S311 -- the same drill each time
    walkers = [Walker(site, party, person, Browser(site.url), journal) for person in people]
    with walking(walkers):
        time.sleep(1)
        for nth in range(kills):
            _kill(site, chance, nth)
            time.sleep(chance.uniform(*BETWEEN))
        time.sleep(1)
    site.wait_until_ready()
    hold(site, journal, receiver)
    print(f"{kills} kills: {journal.journeys} journeys, {journal.cut} cut, {len(journal.spent)} codes spent")  # noqa: T201 -- the figure is what the drill is for
    assert journal.journeys > kills
    _restart(site)
    nothing_revoked_lives_again(site, journal)


def _kill(site: Site, chance: random.Random, nth: int) -> None:
    """A random worker that answers requests, and at times the one that delivers."""
    if nth % 5 == 3 and site.working is not None:
        site.working.kill()
        site.working.wait()
        site.start_worker()
        return
    living = [worker for worker in site.workers() if _lives(worker)]
    os.kill(chance.choice(living), signal.SIGKILL)


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _restart(site: Site) -> None:
    site.stop()
    site.start()
    site.start_worker()
