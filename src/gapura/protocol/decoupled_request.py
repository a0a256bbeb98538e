"""Reading a request that a client makes at an endpoint of its own, and that a person answers elsewhere.

No redirect URI, no browser: what is left of an authorization request is what is asked (RFC 8628 §3.1).
"""

from __future__ import annotations

from gapura.errors import OAuthError
from gapura.protocol.authorization_checks import DECOUPLED_CHECKS
from gapura.protocol.authorization_details import known_details, parse_authorization_details
from gapura.protocol.authorization_parameters import known_scope
from gapura.protocol.authorization_request import AuthorizationPolicy, AuthorizationRequest
from gapura.protocol.claims_request import parse_claims
from gapura.protocol.client import Client
from gapura.protocol.parameters import Parameters, hints
from gapura.protocol.redirect import ReplyTo

NOWHERE = ReplyTo("")
# Who answers is not at the client, so they are asked each time, whatever they agreed to before (RFC 8628 §5.4).
ASKED_ANEW = ("consent",)


def read_decoupled(
    form: Parameters, client: Client, grant_type: str, policy: AuthorizationPolicy
) -> AuthorizationRequest:
    """What `client` asks of a person, by the grant type that will redeem the answer.

    Raises OAuthError("unauthorized_client") for one that is not registered for it, "invalid_scope", "invalid_target",
    "invalid_authorization_details" and "invalid_request".
    """
    if grant_type not in client.grant_types:
        raise OAuthError(
            "unauthorized_client", description=f"the client is not registered for the grant type {grant_type}"
        )
    request = AuthorizationRequest(
        client_id=client.id,
        reply_to=NOWHERE,
        redirect_uri_sent=False,
        response_type="",
        scope=known_scope(form, client, policy),
        nonce=None,
        code_challenge=None,
        prompt=ASKED_ANEW,
        max_age=None,
        acr_values=hints(form, "acr_values"),
        claims=parse_claims(form.get("claims")),
        login_hint=None,
        id_token_hint=None,
        ui_locales=(),
        claims_locales=(),
        display=None,
        resource=tuple(dict.fromkeys(form.many("resource"))),
        authorization_details=known_details(
            parse_authorization_details(form.get("authorization_details")), client, policy.details
        ),
    )
    for check in DECOUPLED_CHECKS:
        check(request, client, policy)
    return request
