"""All that the pages of the administration work with, wired by `wiring_admin.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import Depends
from starlette.requests import Request

from gapura.flow.admin_agencies import KeepsAgencies
from gapura.flow.admin_audit import AdministersAudit
from gapura.flow.admin_citizens import AdministersCitizens
from gapura.flow.admin_clients import AdministersClients
from gapura.flow.admin_figures import ReadsFigures
from gapura.flow.admin_imports import AdministersImports
from gapura.flow.admin_keys import AdministersKeys
from gapura.flow.directory import ReadsDirectory
from gapura.flow.operators import ReadsOperators
from gapura.flow.outbox import ReadsDeliveries
from gapura.web.admin.frame import Frame
from gapura.web.clock import Clock


@dataclass(frozen=True, slots=True)
class Desk:
    frame: Frame
    clock: Clock
    directory: ReadsDirectory
    operators: ReadsOperators
    figures: ReadsFigures
    clients: AdministersClients
    agencies: KeepsAgencies
    citizens: AdministersCitizens
    imports: AdministersImports
    keys: AdministersKeys
    audit: AdministersAudit
    deliveries: ReadsDeliveries


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


At: TypeAlias = Annotated[Desk, Depends(_desk)]
