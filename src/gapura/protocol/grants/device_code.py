"""grant_type=urn:ietf:params:oauth:grant-type:device_code (RFC 8628 §3.4)."""

from __future__ import annotations

from gapura.protocol.client import Client
from gapura.protocol.decoupled import PollForm, redeem_approved
from gapura.protocol.grant import NewAccessToken, Redeemed
from gapura.protocol.parameters import Parameters, required
from gapura.protocol.profiles import DEVICE_CODE
from gapura.protocol.token_endpoint import TokenEndpoint, read_portion
from gapura.values import Secret

NAME = DEVICE_CODE


def parse(form: Parameters) -> PollForm:
    return PollForm(Secret(required(form, "device_code", 512)), read_portion(form))


async def redeem(form: PollForm, client: Client, endpoint: TokenEndpoint, token: NewAccessToken) -> Redeemed:
    """Raises OAuthError as `redeem_approved`."""
    return await redeem_approved(form, NAME, client, endpoint, token)
