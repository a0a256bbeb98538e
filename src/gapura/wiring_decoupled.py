"""Wires what is approved elsewhere: endpoints that begin a request, and pages that lead to its answer."""

from __future__ import annotations

from starlette.routing import BaseRoute

from gapura.crypto.random_texts import random_letter, random_text
from gapura.flow.device import DeviceAuthorization
from gapura.flow.user_codes import UserCodes
from gapura.protocol.user_code import new_user_code
from gapura.web.citizen.answered import AnsweredPages
from gapura.web.citizen.device import DevicePages
from gapura.web.clock import Clock
from gapura.web.oidc.device_authorization import device_authorization_routes
from gapura.web.outcomes import Outcomes
from gapura.wiring import Flows, Stores


def decoupled_routes(stores: Stores, flows: Flows, outcomes: Outcomes, clock: Clock) -> list[BaseRoute]:
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
        *device.routes(),
        *AnsweredPages(pages).routes(),
    ]
