"""The reason that each command takes, as it comes out of a form."""

from __future__ import annotations

from gapura.web.request import Params

SHORTEST, LONGEST = 10, 500


def reason_of(form: Params) -> tuple[str, dict[str, str]]:
    """The reason, and what is wrong with it as a code of `web/phrases.py` by field."""
    reason = " ".join((form.get("reason") or "").split())
    if not reason:
        return reason, {"reason": "reason_missing"}
    if len(reason) < SHORTEST:
        return reason, {"reason": "reason_short"}
    if len(reason) > LONGEST:
        return reason, {"reason": "reason_long"}
    return reason, {}
