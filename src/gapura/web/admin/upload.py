"""The form that takes a registry file: what goes before the file is checked before a byte of it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gapura.errors import PageError
from gapura.flow.admin_imports import MODES, Mode, TakesUpload
from gapura.web.admin.admission import Operator, needs
from gapura.web.admin.desk import At, Desk
from gapura.web.admin.imports import LIST, ONE
from gapura.web.admin.multipart import pieces
from gapura.web.admin.reason import reason_of
from gapura.web.replies import see_other
from gapura.web.request import Params

router = APIRouter()

NEW = f"{LIST}/new"
LONGEST_FIELD = 4096
BUFFER = 1 << 20
# A small file is refused or begun by then; a large one is looked at on its own page.
LOOKS, SECONDS_BETWEEN_LOOKS = 50, 0.1

Imports = Annotated[Operator, needs("registry.import", fresh=True)]


@dataclass(slots=True)
class _Arrived:
    """The fields so far, and the file once they were found right."""

    fields: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    upload: TakesUpload | None = None

    @property
    def form(self) -> Params:
        try:
            return Params({name: (value.decode(),) for name, value in self.fields.items() if value})
        except UnicodeDecodeError:
            raise PageError("bad_request", detail="a field is not UTF-8") from None

    def add(self, name: str, content: bytes) -> None:
        kept = self.fields.get(name, b"") + content
        if len(kept) > LONGEST_FIELD or b"\x00" in content:
            raise PageError("bad_request", detail="a field is too long or holds NUL")
        self.fields[name] = kept


@router.get(NEW)
async def new(request: Request, desk: At, operator: Imports) -> Response:
    return _page(request, desk, operator, Params({}), {})


@router.post(NEW)
async def upload(request: Request, desk: At, operator: Imports) -> Response:
    arrived = await _arrive(request, desk, operator)
    form, kept = arrived.form, arrived.upload
    if kept is None or not kept.size:
        if kept is not None:
            await kept.discard()
        return _page(request, desk, operator, form, arrived.faults or {"file": "file_missing"})
    reason, _ = reason_of(form)
    try:
        await desk.imports.start(kept, _mode(form), operator.order(reason, desk.clock()))
    except BaseException:
        await kept.discard()
        raise
    return await _began(request, desk, operator, form, kept.id)


async def _arrive(request: Request, desk: Desk, operator: Operator) -> _Arrived:
    """Take the body; the file is kept only when what came before it was right. Raises PageError."""
    arrived, buffer, is_checked = _Arrived(), bytearray(), False
    try:
        async for piece in pieces(request):
            if not piece.is_file:
                arrived.add(piece.name, piece.content)
                continue
            if not is_checked:
                is_checked = True
                await _check(request, desk, operator, arrived)
            buffer += piece.content if arrived.upload is not None else b""
            if arrived.upload is not None and len(buffer) >= BUFFER:
                await arrived.upload.write(bytes(buffer))
                buffer.clear()
        if arrived.upload is not None:
            await arrived.upload.write(bytes(buffer))
    except BaseException:
        if arrived.upload is not None:
            await arrived.upload.discard()
        raise
    if not is_checked:
        await _check(request, desk, operator, arrived)
    return arrived


async def _check(request: Request, desk: Desk, operator: Operator, arrived: _Arrived) -> None:
    form = arrived.form
    desk.frame.door.check_form(request, operator.visitor, form)
    _, arrived.faults = reason_of(form)
    if form.get("mode") not in MODES:
        arrived.faults["mode"] = "missing"
    if not arrived.faults:
        arrived.upload = await desk.imports.runs.receive()


async def _began(request: Request, desk: Desk, operator: Operator, form: Params, upload_id: str) -> Response:
    for _ in range(LOOKS):
        state = await desk.imports.runs.state(upload_id)
        if state.load_id is not None:
            return see_other(ONE.format(load_id=state.load_id))
        if state.refused is not None:
            return _page(request, desk, operator, form, {"file": state.refused}, state.words)
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    return see_other(LIST)


def _page(
    request: Request,
    desk: Desk,
    operator: Operator,
    form: Params,
    errors: Mapping[str, str],
    problem: str = "",
) -> Response:
    return desk.frame.page(
        request,
        operator,
        "import_new.html",
        422 if errors else 200,
        action=NEW,
        values={"mode": form.get("mode") or MODES[0], "reason": form.get("reason") or ""},
        errors=errors,
        problem=problem,
    )


def _mode(form: Params) -> Mode:
    return "full" if form.get("mode") == "full" else "delta"
