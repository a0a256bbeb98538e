"""Cookies by the table of decisions, and forms that only our own pages can send."""

from __future__ import annotations

import base64

import pytest
from starlette.requests import Request
from starlette.responses import Response

from gapura.crypto.keyring import RootKeys, Vault
from gapura.errors import PageError
from gapura.web.cookies import ALL, BROWSER, DEVICE, SESSION, STATE, Cookies
from gapura.web.csrf import Csrf

ISSUER = "https://gapura.test"


def asking(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "headers": raw})


@pytest.mark.parametrize(
    ("issuer", "name"),
    [
        ("https://gapura.test", "__Host-gapura-session"),
        ("https://localhost:8000", "__Host-gapura-session"),
        ("http://localhost:8000", "gapura-session"),
        ("http://127.0.0.1:8000", "gapura-session"),
        ("http://[::1]:8000", "gapura-session"),
        ("http://gapura.test", "__Host-gapura-session"),
    ],
)
def test_only_a_plain_http_loopback_issuer_drops_the_prefix(issuer: str, name: str) -> None:
    assert Cookies.of_issuer(issuer).name(SESSION) == name


def test_a_cookie_is_set_for_the_whole_site_and_out_of_reach_for_scripts() -> None:
    response = Response()
    Cookies(secure=True).set(response, DEVICE, "abc_-.~9")
    assert response.headers["set-cookie"] == (
        "__Host-gapura-device=abc_-.~9; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=31536000"
    )


def test_a_session_cookie_ends_with_the_browser_and_on_loopback_needs_no_https() -> None:
    response = Response()
    Cookies(secure=False).set(response, SESSION, "abc")
    assert response.headers["set-cookie"] == "gapura-session=abc; Path=/; HttpOnly; SameSite=Lax"


def test_clearing_has_the_same_attributes() -> None:
    response = Response()
    Cookies(secure=True).clear(response, SESSION)
    assert (
        response.headers["set-cookie"]
        == "__Host-gapura-session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"
    )


@pytest.mark.parametrize(
    ("secure", "sent"),
    [
        (True, "__Host-gapura-state=abc; Path=/; SameSite=None; Secure"),
        (False, "gapura-state=abc; Path=/; SameSite=Lax"),
    ],
)
def test_the_state_of_the_sign_in_alone_is_for_a_frame_and_its_script(*, secure: bool, sent: str) -> None:
    response = Response()
    Cookies(secure=secure).set(response, STATE, "abc")
    assert response.headers["set-cookie"] == sent


@pytest.mark.parametrize("value", ["", "a;b", "a b", "a\r\nSet-Cookie: x=y", "a" * 300, "é"])
def test_a_value_that_we_could_not_read_is_never_set(value: str) -> None:
    with pytest.raises(ValueError, match="gapura-session"):
        Cookies().set(Response(), SESSION, value)


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("__Host-gapura-browser=abc", "abc"),
        ("a=b; __Host-gapura-browser=abc; c=d", "abc"),
        ("a=b;__Host-gapura-browser=abc", "abc"),
        ("gapura-browser=planted", None),
        ("__Host-gapura-browser=abc; __Host-gapura-browser=other", None),
        ("__Host-gapura-browser=", None),
        ("__Host-gapura-browser", None),
        ("__Host-gapura-browser=a b", None),
        ('__Host-gapura-browser="abc"', None),
        (f"__Host-gapura-browser={'a' * 300}", None),
        ("", None),
    ],
)
def test_a_cookie_is_read_only_in_a_form_that_we_set(header: str, read: str | None) -> None:
    assert Cookies(secure=True).read(asking(cookie=header), BROWSER) == read


def test_what_is_set_can_be_read_for_each_cookie() -> None:
    cookies = Cookies()
    for cookie in ALL:
        response = Response()
        cookies.set(response, cookie, "abc")
        sent = response.headers["set-cookie"].partition(";")[0]
        assert cookies.read(asking(cookie=sent), cookie) == "abc"


def csrf_of(*versions: int) -> Csrf:
    keys = {version: bytes([version]) * 32 for version in versions}
    return Csrf(Vault(RootKeys(max(versions), keys)), ISSUER)


def test_a_form_of_ours_is_taken() -> None:
    csrf = csrf_of(1)
    csrf.check(asking(sec_fetch_site="same-origin"), "browser", csrf.token("browser"))


def test_no_two_tokens_are_alike() -> None:
    csrf = csrf_of(1)
    assert len({csrf.token("browser") for _ in range(20)}) == 20


def test_a_token_survives_one_new_root_key_and_not_two() -> None:
    old = csrf_of(1).token("browser")
    csrf_of(1, 2).check(asking(), "browser", old)
    with pytest.raises(PageError):
        csrf_of(1, 2, 3).check(asking(), "browser", old)


CUT = {
    "another-browsers": lambda token: (token, "other"),
    "none": lambda _: (None, "browser"),
    "empty": lambda _: ("", "browser"),
    "cut": lambda token: (token[:-8], "browser"),
    "longer": lambda token: (token + "AAAA", "browser"),
    "not-base64": lambda _: ("é!", "browser"),
    "no-browser": lambda token: (token, None),
    "changed": lambda token: (
        base64.urlsafe_b64encode(bytes(48)).decode() if token else token,
        "browser",
    ),
}


@pytest.mark.parametrize("change", CUT.values(), ids=CUT.keys())
def test_another_token_is_refused(change) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 -- any change
    csrf = csrf_of(1)
    token, binding = change(csrf.token("browser"))
    with pytest.raises(PageError, match=r"form_expired|cookies_needed"):
        csrf.check(asking(), binding, token)


FROM = {
    "same-origin": ({"sec_fetch_site": "same-origin"}, True),
    "typed-or-reloaded": ({"sec_fetch_site": "none"}, True),
    "cross-site": ({"sec_fetch_site": "cross-site"}, False),
    "another-host-of-the-domain": ({"sec_fetch_site": "same-site"}, False),
    "the-browsers-word-stands-above-origin": ({"sec_fetch_site": "cross-site", "origin": ISSUER}, False),
    "an-older-browser": ({"origin": ISSUER}, True),
    "another-origin": ({"origin": "https://evil.test"}, False),
    "a-hidden-origin": ({"origin": "null"}, False),
    "http-instead-of-https": ({"origin": "http://gapura.test"}, False),
    "no-browser-at-all": ({}, True),
}


@pytest.mark.parametrize(("headers", "taken"), FROM.values(), ids=FROM.keys())
def test_the_browser_says_where_a_form_comes_from(headers: dict[str, str], *, taken: bool) -> None:
    csrf = csrf_of(1)
    token = csrf.token("browser")
    if taken:
        csrf.check(asking(**headers), "browser", token)
        return
    with pytest.raises(PageError, match="form_expired"):
        csrf.check(asking(**headers), "browser", token)
