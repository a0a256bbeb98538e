from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from gapura import logs
from tests.edge.small_app import Served, serving


@pytest.fixture(autouse=True, scope="module")
def own_logs() -> Iterator[None]:
    """Logs as in production; what pytest and structlog had before comes back."""
    loggers = [logging.getLogger(name) for name in ("", *logs.LIBRARIES_AT_INFO)]
    before = [(one, one.handlers, one.level) for one in loggers]
    logs.configure("info")
    yield
    for one, handlers, level in before:
        one.handlers = handlers
        one.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def served(own_logs: None) -> Iterator[Served]:  # noqa: ARG001 -- set up first
    with serving() as running:
        yield running


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that would go to stdout."""
    lines: list[str] = []
    monkeypatch.setattr(logs, "_emit", lambda line: lines.append(line.decode()))
    return lines
