"""What a registration says about backchannel authentication (CIBA §4)."""

from __future__ import annotations

from typing import Any

from gapura.protocol.backchannel_authentication import PING, POLL
from gapura.protocol.profiles import CIBA, PROFILES
from gapura.protocol.refusals import invalid_client_metadata
from gapura.protocol.registration_fields import has_keys

MODE = "backchannel_token_delivery_mode"
ADDRESS = "backchannel_client_notification_endpoint"
USER_CODE = "backchannel_user_code_parameter"


def check_backchannel(read: dict[str, Any], _: object) -> None:
    """Who polls needs to say nothing more; a ping needs an address, and a signature a key.

    Raises OAuthError("invalid_client_metadata").
    """
    if read.get(USER_CODE):
        # People have no code here that they could tell a client: they sign in before they answer.
        raise invalid_client_metadata(f"{USER_CODE} is not supported")
    if CIBA not in read["grant_types"]:
        return
    read.setdefault(MODE, POLL)
    if read[MODE] == PING and ADDRESS not in read:
        raise invalid_client_metadata(f"the delivery mode {PING} needs {ADDRESS}")
    signs = "backchannel_authentication_request_signing_alg" in read
    if (signs or PROFILES[read["security_profile"]].signed_requests) and not has_keys(read):
        raise invalid_client_metadata("signed requests need jwks or jwks_uri")
