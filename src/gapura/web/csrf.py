"""Forms are ours: a token bound to the browser, and the browser's own word on where a post comes from."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from gapura.errors import PageError

PURPOSE = "csrf"
NONCE_BYTES = 16
MAC_BYTES = 32
FIELD = "csrf"
# `none` is the person's own doing, such as a reload.
OWN_SITES = frozenset({"same-origin", "none"})


class Macs(Protocol):
    """What `crypto.keyring.Vault` does."""

    versions: tuple[int, ...]

    def mac_with(self, version: int, purpose: str, *parts: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Csrf:
    """`binding` is what only we and this browser know: the value of the cookie that names it."""

    macs: Macs
    origin: str

    def token(self, binding: str) -> str:
        """Another text each time, so that a compressed page does not give it away byte by byte (BREACH)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        mac = self.macs.mac_with(self.macs.versions[0], PURPOSE, nonce, binding.encode())
        return base64.urlsafe_b64encode(nonce + mac).decode()

    def check(self, request: Request, binding: str | None, token: str | None) -> None:
        """Raises PageError("form_expired") unless this post is of a page that we gave to this browser.

        A browser of ours that brings no cookie at all refuses them: PageError("cookies_needed").
        """
        check_origin(request, self.origin)
        if binding is None:
            raise PageError("cookies_needed", detail="no cookie came back", status=403)
        if not self._is_good(binding, token or ""):
            raise PageError("form_expired", detail="csrf token", status=403)

    def _is_good(self, binding: str, token: str) -> bool:
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii"))
        except (binascii.Error, ValueError):
            return False
        nonce, sent = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
        # A page may stay open while a new root key comes: the previous one still counts.
        made = [self.macs.mac_with(v, PURPOSE, nonce, binding.encode()) for v in self.macs.versions[:2]]
        return len(sent) == MAC_BYTES and any(hmac.compare_digest(mac, sent) for mac in made)


def check_origin(request: Request, origin: str) -> None:
    """Raises PageError("form_expired") when the browser says that another site sent this.

    `Sec-Fetch-Site` cannot be set by a page, so it decides where it is sent; older browsers send `Origin` with a
    post. Neither comes from a program without a browser, which has no person's cookies either.
    """
    site, sent = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        if site not in OWN_SITES:
            raise PageError("form_expired", detail="sec-fetch-site", status=403)
    elif sent is not None and sent != origin:
        raise PageError("form_expired", detail="origin", status=403)
