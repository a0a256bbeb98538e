"""How each request is made."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from bench.load import Call, Chain
from bench.targets import Credentials, Target
from tests.site.browser import PASSWORD

VERIFIER = "bench-verifier-bench-verifier-bench-verifier-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPE = "openid profile offline_access"
CODE = r"[?&]code=([^&\s]+)"
MEMBER = r'"%s":\s*"([^"]+)"'


def get(path: str) -> Callable[[Target], Call]:
    return lambda target: Call("GET", target.paths[path])


def authorize(target: Target, client: Credentials | None = None, cookie: str | None = None) -> Call:
    """With a session: answered at once, by a redirect with a code."""
    params = {
        "client_id": (client or target.client).id,
        "response_type": "code",
        "redirect_uri": target.redirect_uri,
        "scope": SCOPE,
        "state": "af0ifjsldkj",
        "nonce": "n-0S6_WzA2Mj",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    address = f"{target.paths['authorize']}?{urlencode(params)}"
    sent = target.cookie if cookie is None else cookie
    status = 302 if target.name == "django-oauth-toolkit" else 303
    return Call("GET", address, {"cookie": sent} if sent else {}, want=status, keep={"code": CODE})


def token(target: Target, client: Credentials, form: Mapping[str, str], *keep: str, want: int = 200) -> Call:
    kept = {name: MEMBER % name for name in keep}
    body = urlencode(form).replace("%40", "@")
    return Call("POST", target.paths["token"], {"authorization": client.basic}, body, want, kept)


def redeem(target: Target, *keep: str, client: Credentials | None = None, want: int = 200) -> Call:
    form = {
        "grant_type": "authorization_code",
        "code": "@code@",
        "redirect_uri": target.redirect_uri,
        "code_verifier": VERIFIER,
    }
    return token(target, client or target.client, form, *keep, want=want)


def refresh(target: Target, *keep: str, client: Credentials | None = None, want: int = 200) -> Call:
    form = {"grant_type": "refresh_token", "refresh_token": "@refresh_token@"}
    return token(target, client or target.client, form, *keep, want=want)


def client_credentials(target: Target) -> Call:
    form = {"grant_type": "client_credentials"}
    if target.name != "Gapura":
        form["scope"] = "read"
    return token(target, target.service, form)


def userinfo(target: Target) -> Call:
    return Call("GET", target.paths["userinfo"], {"authorization": "Bearer @access_token@"})


def introspect(target: Target) -> Call:
    return Call(
        "POST",
        target.paths["introspect"],
        {"authorization": target.client.basic},
        "token=@access_token@&token_type_hint=access_token",
    )


def sign_in(target: Target, nik: str) -> Chain:
    """All that a browser without cookies sends until it is back at the client, but for the style sheet."""
    page, cookies = authorize(target, cookie=""), "gapura-browser=@browser@"
    kept = {"page": r"location: (\S+)", "browser": r"set-cookie: gapura-browser=([^;]+)"}
    begin = Call(page.method, page.target, want=303, keep=kept)
    hidden = {name: rf'name="{name}" value="([^"]+)"' for name in ("csrf", "step")}
    show = Call("GET", "@page@", {"cookie": cookies}, keep=hidden)
    form = urlencode({"csrf": "@csrf@", "step": "@step@", "identifier": nik, "password": PASSWORD})
    post = Call(
        "POST", "@page@", {"cookie": cookies}, form.replace("%40", "@"), want=303, keep={"code": CODE}
    )
    return begin, show, post


def filled(call: Call, kept: Mapping[str, str]) -> Call:
    """The call with what earlier chains kept."""

    def fill(text: str) -> str:
        for name, value in kept.items():
            text = text.replace(f"@{name}@", value)
        return text

    headers = {name: fill(value) for name, value in call.headers.items()}
    return Call(call.method, fill(call.target), headers, fill(call.body), call.want, call.keep)
