"""SIGTERM: what was asked is answered, by one worker and by all of Gapura."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter

import pytest

from tests.drills.lines import Cut, Line, line_to_each_worker, on_the_wire
from tests.drills.requests import token_request
from tests.drills.sizes import short_and_long
from tests.site import RelyingParty, Site

ASKERS = 6


@pytest.mark.parametrize("stops", short_and_long(3, 20))
def test_a_worker_that_is_told_to_stop_loses_no_request(site: Site, party: RelyingParty, stops: int) -> None:
    request = on_the_wire(token_request(party, grant_type="client_credentials"))
    answered, done = Counter[str](), threading.Event()
    lock = threading.Lock()

    def ask() -> None:
        while not done.is_set():
            line = Line(site.url)
            try:
                line.send(request)
                told = str(line.read().status)
            except Cut as cut:
                told = f"cut {cut}"
            line.close()
            with lock:
                answered[told] += 1

    threads = [threading.Thread(target=ask) for _ in range(ASKERS)]
    for thread in threads:
        thread.start()
    try:
        for nth in range(stops):
            time.sleep(0.3)
            workers = site.workers()
            os.kill(workers[nth % len(workers)], signal.SIGTERM)
            _wait_for_another(site, workers)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert answered.keys() == {"200"}, answered


def test_requests_under_way_are_answered_when_everything_stops(site: Site, party: RelyingParty) -> None:
    request = on_the_wire(token_request(party, grant_type="client_credentials"))
    with line_to_each_worker(site) as lines:
        assert site.serving is not None
        for line in lines.values():
            line.send(request[:-1])
        time.sleep(0.2)
        site.serving.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        for line in lines.values():
            line.send(request[-1:])
        for line in lines.values():
            answer = line.read()
            assert answer.status == 200
            assert answer.headers["connection"] == "close"
        assert site.serving.wait(20) == 0
    site.start()


def test_a_worker_that_is_told_to_stop_while_it_starts_stops(site: Site) -> None:
    for pause in (0.0, 0.1, 0.2, 0.3):
        before = site.workers()
        os.kill(before[0], signal.SIGKILL)
        starting = _wait_for_another(site, before)
        time.sleep(pause)
        os.kill(starting, signal.SIGTERM)
        _wait_for_another(site, [*before[1:], starting])


def _wait_for_another(site: Site, before: list[int]) -> int:
    """The worker that takes the place of the one that ended."""
    deadline = time.monotonic() + 10
    while len(site.workers()) < len(before) or not (new := set(site.workers()) - set(before)):
        assert time.monotonic() < deadline, "a worker does not end"
        time.sleep(0.02)
    return new.pop()
