"""Wires the administration: its commands to their stores, and both to its pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.routing import BaseRoute

from gapura.crypto.random_texts import random_id, random_text
from gapura.disclosure.scopes import SCOPES
from gapura.flow.admin_audit import AdministersAudit
from gapura.flow.admin_citizens import LOOK_LIFETIME, AdministersCitizens
from gapura.flow.admin_clients import AdministersClients
from gapura.flow.admin_imports import AdministersImports
from gapura.flow.client_secrets import ClientSecrets
from gapura.flow.enrolment import Enrolment
from gapura.flow.new_client import MakesClients
from gapura.flow.operators import OPERATOR_IDLE
from gapura.flow.sectors import Sectors
from gapura.protocol.registration import RegistrationPolicy
from gapura.registry.importing import LoadTarget
from gapura.registry.uploads import Uploads
from gapura.settings import Settings
from gapura.storage.admin_agencies import AdminAgencies
from gapura.storage.admin_audit import AdminAudit
from gapura.storage.admin_citizens import AdminAccounts, Looks, Reasons, Regions
from gapura.storage.admin_clients import AdminClients
from gapura.storage.admin_figures import AdminFigures
from gapura.storage.admin_keys import AdminKeys
from gapura.storage.admin_loads import AdminLoads
from gapura.storage.audit import AuditLog
from gapura.storage.enrolments import Enrolments
from gapura.storage.live_sessions import LiveSessions
from gapura.storage.operators import IdleClocks, Operators
from gapura.storage.outbox import Outbox
from gapura.web.admin.admission import Admission
from gapura.web.admin.app import admin_routes
from gapura.web.admin.desk import Desk
from gapura.web.admin.enrolment import EnrolmentPages
from gapura.web.admin.frame import Frame
from gapura.web.admin.leaving import LeavingPage
from gapura.web.admin.sign_in import SignsIn
from gapura.web.clock import Clock
from gapura.web.outcomes import Outcomes
from gapura.wiring.flows import Flows
from gapura.wiring.stores import Stores


def administration(
    settings: Settings,
    stores: Stores,
    flows: Flows,
    outcomes: Outcomes,
    discovery: Mapping[str, Any],
    clock: Clock,
) -> list[BaseRoute]:
    operators, entries = (
        Operators(stores.database),
        AdminAudit(stores.database, stores.vault, stores.records),
    )
    desk = Desk(
        frame=Frame(outcomes.door, outcomes.pages),
        clock=clock,
        directory=stores.clients,
        operators=operators,
        figures=AdminFigures(stores.database),
        clients=administers_clients(settings, stores, discovery),
        agencies=AdminAgencies(stores.database, stores.records),
        citizens=AdministersCitizens(
            stores.registry,
            AdminAccounts(stores.database, stores.records),
            stores.accounts,
            LiveSessions(stores.database, stores.vault),
            Regions(stores.database),
            Looks(stores.database, stores.records),
            Reasons(stores.cache, LOOK_LIFETIME),
        ),
        imports=AdministersImports(
            AdminLoads(stores.database),
            Uploads(settings.home, LoadTarget(settings.database_url, settings.root_keys, settings.sandbox)),
            entries,
        ),
        keys=AdminKeys(stores.database, stores.key_rows, settings.publish_keys_for),
        audit=AdministersAudit(AuditLog(stores.database, stores.vault), entries, entries),
        deliveries=Outbox(stores.database),
    )
    admission = Admission(
        outcomes.door,
        SignsIn(flows.authorize, outcomes),
        operators,
        IdleClocks(stores.cache, OPERATOR_IDLE),
        clock,
    )
    enrolment = Enrolment(Enrolments(stores.database, stores.vault), flows.journey.proofs.passwords)
    return [
        *LeavingPage(flows.sign_out, outcomes.door, outcomes.pages, clock).routes(),
        *admin_routes(desk, admission),
        *EnrolmentPages(enrolment, outcomes.door, outcomes.pages, clock).routes(),
    ]


def administers_clients(
    settings: Settings, stores: Stores, discovery: Mapping[str, Any]
) -> AdministersClients:
    policy = RegistrationPolicy(discovery, tuple(SCOPES), settings.sandbox, operator=True)
    return AdministersClients(
        MakesClients(policy, random_text, random_id, ClientSecrets(stores.vault)),
        stores.clients,
        AdminClients(stores.database, stores.records, stores.client_writes),
        Sectors(stores.outbound),
    )
