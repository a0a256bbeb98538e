"""Days that people choose in a filter: whole ones, as clocks in Jakarta have them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gapura.values import Instant
from gapura.web.request import Params

ZONE = ZoneInfo("Asia/Jakarta")


def span_of(params: Params, errors: dict[str, str]) -> tuple[Instant | None, Instant | None]:
    """From the day `since` up to and with the day `until`; one that is none is left out and said to be wrong."""
    since, until = (_day(params, name, errors) for name in ("since", "until"))
    return (
        _midnight(since) if since is not None else None,
        _midnight(until + timedelta(days=1)) if until is not None else None,
    )


def _day(params: Params, name: str, errors: dict[str, str]) -> date | None:
    text = params.get(name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST <= day <= LAST:
        errors[name] = "bad_request"
        return None
    return day


FIRST, LAST = date(2000, 1, 1), date(2999, 12, 31)


def _midnight(day: date) -> Instant:
    return datetime.combine(day, time.min, ZONE)
