"""Wires how clients prove themselves, and the keys that their tokens are bound to."""

from __future__ import annotations

from gapura.crypto.certificates import Authorities
from gapura.flow.authenticated_client import AuthenticatesClients
from gapura.flow.client_keys import ClientKeys
from gapura.flow.sender_keys import SenderKeys
from gapura.flow.text_macs import nonce_mac
from gapura.protocol.auth_methods import BY_CERTIFICATE, TLS_CLIENT_AUTH
from gapura.protocol.client_authentication import ClientAuthentication
from gapura.protocol.endpoints import PATHS, url_of
from gapura.protocol.presented import Certificate
from gapura.settings import SettingRefused, Settings, variable
from gapura.storage.assertions import Assertions
from gapura.storage.proofs import Proofs
from gapura.values import Instant
from gapura.wiring.stores import Stores


def authenticates(settings: Settings, stores: Stores, client_keys: ClientKeys) -> AuthenticatesClients:
    """Raises SettingRefused for authorities that can't be read."""
    authorities = authorities_of(settings)

    def vouches(certificate: Certificate, now: Instant) -> bool:
        return authorities.vouch_for(certificate.der, now)

    endpoints = [name for name in PATHS if name.endswith("_endpoint")]
    rules = ClientAuthentication(
        issuer=settings.issuer,
        endpoints=tuple(url_of(origin, name) for origin in settings.origins for name in endpoints),
        verify_assertion=client_keys.verify_assertion,
        assertions=Assertions(stores.database),
        vouches=vouches,
        has_key=client_keys.has_key,
    )
    return AuthenticatesClients(stores.clients, rules)


def authorities_of(settings: Settings) -> Authorities:
    """Raises SettingRefused."""
    if settings.client_authorities is None:
        return Authorities()
    try:
        return Authorities.of_file(settings.client_authorities)
    except (OSError, ValueError) as error:
        raise SettingRefused(
            variable("client_authorities"), f"cannot be used: {type(error).__name__}"
        ) from None


def certificate_methods(settings: Settings) -> tuple[str, ...]:
    """The methods of RFC 8705 that work here: one of them needs authorities."""
    if not settings.takes_certificates:
        return ()
    return tuple(
        method for method in BY_CERTIFICATE if method != TLS_CLIENT_AUTH or settings.client_authorities
    )


def senders_of(settings: Settings, stores: Stores) -> SenderKeys:
    return SenderKeys(
        settings.origins,
        Proofs(stores.cache, Assertions(stores.database)),
        nonce_mac(stores.vault),
        stores.vault.versions[0],
        always_nonce=settings.dpop_nonce == "always",
    )
