"""Wires what is approved elsewhere: endpoints that begin a request, and pages that lead to its answer."""

from __future__ import annotations

from starlette.routing import BaseRoute

from gapura.crypto.random_texts import random_letter, random_text
from gapura.flow.automatic_approval import AutomaticApproval
from gapura.flow.backchannel_authentication import BackchannelAuthentication
from gapura.flow.device import DeviceAuthorization
from gapura.flow.hinted_person import HintedPeople
from gapura.flow.user_codes import UserCodes
from gapura.protocol.user_code import new_user_code
from gapura.settings import Settings
from gapura.storage.subjects import StoredSubjects
from gapura.web.citizen.answered import AnsweredPages
from gapura.web.citizen.device import DevicePages
from gapura.web.clock import Clock
from gapura.web.oidc.backchannel_authentication import backchannel_authentication_routes
from gapura.web.oidc.device_authorization import device_authorization_routes
from gapura.web.outcomes import Outcomes
from gapura.web.sandbox.approve import SandboxApproval
from gapura.wiring.flows import Flows
from gapura.wiring.stores import Stores


def decoupled_routes(
    settings: Settings, stores: Stores, flows: Flows, outcomes: Outcomes, clock: Clock
) -> list[BaseRoute]:
    policy = flows.requests.policy
    devices = DeviceAuthorization(
        policy.issuer,
        policy,
        flows.tokens.clients,
        stores.decoupled,
        random_text,
        lambda: new_user_code(random_letter),
    )
    proofs, door, pages = flows.journey.proofs, outcomes.door, outcomes.pages
    user_codes = UserCodes(stores.decoupled, proofs.throttle, proofs.addresses)
    device = DevicePages(user_codes, flows.authorize, stores.clients, door, outcomes, pages, clock)
    return [
        *device_authorization_routes(devices, clock),
        *backchannel_authentication_routes(_backchannel(settings, stores, flows), clock),
        *(_sandbox_approval(stores, flows, clock).routes() if settings.sandbox else ()),
        *device.routes(),
        *AnsweredPages(pages).routes(),
    ]


def _backchannel(settings: Settings, stores: Stores, flows: Flows) -> BackchannelAuthentication:
    requests = flows.requests
    people = HintedPeople(
        issuer=settings.issuer,
        accounts=stores.accounts,
        people=stores.accounts,
        subjects=StoredSubjects(stores.database),
        hints=flows.hints,
        keys=requests.objects.keys,
    )
    return BackchannelAuthentication(
        clients=flows.tokens.clients,
        policy=requests.policy,
        objects=requests.objects,
        people=people,
        limit=flows.authorize.approval.limit,
        requests=stores.decoupled,
        random_text=random_text,
        mails=bool(settings.smtp_host),
    )


def _sandbox_approval(stores: Stores, flows: Flows, clock: Clock) -> SandboxApproval:
    approval = AutomaticApproval(
        stores.decoupled, stores.clients, stores.accounts, stores.sessions, flows.journey
    )
    return SandboxApproval(approval, clock)
