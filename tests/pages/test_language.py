from __future__ import annotations

from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from gapura.errors import OAuthError
from gapura.web.cookies import Cookies
from gapura.web.language import LanguageSwitch, local_path
from gapura.web.locale import Languages

pytestmark = pytest.mark.anyio

ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "evil.example",
    "",
    "/a\r\nSet-Cookie: x=y",
    "/a b",
    "/\x00",
    "/é",
    "/" + "a" * 3000,
)


def _post(body: bytes, content_type: str = "application/x-www-form-urlencoded") -> Request:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode())]
    scope = {"type": "http", "method": "POST", "path": "/language", "query_string": b"", "headers": headers}
    return Request(scope, receive)


@pytest.fixture
def switch(languages: Languages) -> LanguageSwitch:
    return LanguageSwitch(languages, Cookies(secure=True))


async def test_the_switch_sets_a_cookie_and_comes_back(switch: LanguageSwitch) -> None:
    form = urlencode({"lang": "en", "next": "/account/data-use?agency=djp"}).encode()
    response = await switch.endpoint(_post(form))
    assert response.status_code == 303
    assert response.headers["location"] == "/account/data-use?agency=djp"
    assert response.headers["set-cookie"].startswith(
        "__Host-gapura-language=en; Path=/; HttpOnly; SameSite=Lax; Secure"
    )


@pytest.mark.parametrize("text", ELSEWHERE)
async def test_the_switch_never_leads_to_another_site(switch: LanguageSwitch, text: str) -> None:
    assert local_path(text) == "/"
    if "\x00" not in text:
        response = await switch.endpoint(_post(urlencode({"lang": "en", "next": text}).encode()))
        assert response.headers["location"] == "/"


async def test_an_unknown_language_changes_nothing(switch: LanguageSwitch) -> None:
    response = await switch.endpoint(_post(b"lang=xx&next=/account"))
    assert response.headers["location"] == "/account"
    assert "set-cookie" not in response.headers


async def test_what_is_no_form_is_refused(switch: LanguageSwitch) -> None:
    with pytest.raises(OAuthError, match="invalid_request"):
        await switch.endpoint(_post(b"{}", "application/json"))
