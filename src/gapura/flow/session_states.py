"""The state of a browser's sign-in, as a cookie that the session frame reads and as what clients are told of it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache

from gapura.crypto.keyring import Vault
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.protocol.session_state import session_state
from gapura.values import SessionId

PURPOSE = "browser-state"
SALT_CHARACTERS = 16
MOST_REMEMBERED = 1_000


class SessionStates:
    def __init__(self, vault: Vault, random_text: Callable[[], str]) -> None:
        self._vault = vault
        self._random_text = random_text
        # Asked for twice by each request, for the client and for the cookie.
        self._made = lru_cache(MOST_REMEMBERED)(self._make)

    def browser_state(self, session_id: SessionId) -> str:
        """The same as long as the session lives; who knows a `sid` can't make it."""
        return self._made(session_id)

    def _make(self, session_id: SessionId) -> str:
        tag = self._vault.mac(PURPOSE, session_id.bytes)
        return urlsafe_b64encode(tag[:18]).decode()

    def answer(self, request: AuthorizationRequest, session_id: SessionId) -> Mapping[str, str]:
        """What goes with the answer to a sign-in (OpenID Connect Session Management §2)."""
        if not request.is_openid:
            return {}
        state, salt = self.browser_state(session_id), self._random_text()[:SALT_CHARACTERS]
        made = session_state(request.client_id, request.reply_to.redirect_uri, state, salt)
        return {} if made is None else {"session_state": made}
