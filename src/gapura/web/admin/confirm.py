"""The page that asks before an act, with the reason that goes into the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from gapura.web.admin.admission import Operator
from gapura.web.admin.desk import Desk


@dataclass(frozen=True, slots=True)
class Asked:
    """`act` is a row of ACTS in `web/phrases.py`, `name` what it is done to."""

    section: str
    act: str
    action: str
    back: str
    name: str = ""


def confirm_page(
    request: Request,
    desk: Desk,
    operator: Operator,
    asked: Asked,
    reason: str = "",
    errors: Mapping[str, str] | None = None,
) -> Response:
    return desk.frame.page(
        request,
        operator,
        "confirm.html",
        422 if errors else 200,
        section=asked.section,
        act=asked.act,
        name=asked.name,
        action=asked.action,
        back=asked.back,
        reason=reason,
        errors=errors or {},
    )
