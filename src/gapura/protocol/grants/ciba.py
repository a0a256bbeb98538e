"""grant_type=urn:openid:params:grant-type:ciba (CIBA §10.1): poll for what a person was asked."""

from __future__ import annotations

from gapura.protocol.client import Client
from gapura.protocol.decoupled import PollForm, redeem_approved
from gapura.protocol.grant import NewAccessToken, Redeemed
from gapura.protocol.parameters import Parameters, required
from gapura.protocol.profiles import CIBA
from gapura.protocol.token_endpoint import TokenEndpoint, read_portion
from gapura.values import Secret

NAME = CIBA


def parse(form: Parameters) -> PollForm:
    return PollForm(Secret(required(form, "auth_req_id", 512)), read_portion(form))


async def redeem(form: PollForm, client: Client, endpoint: TokenEndpoint, token: NewAccessToken) -> Redeemed:
    """Raises OAuthError as `redeem_approved`."""
    return await redeem_approved(form, NAME, client, endpoint, token)
