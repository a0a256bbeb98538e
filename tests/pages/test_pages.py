"""What holds for every page, whatever it shows."""

from __future__ import annotations

import re
from collections.abc import Callable

import jinja2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from gapura.web.pages import Pages, policy
from gapura.web.static_files import StaticFiles
from tests.pages.conftest import request_of
from tests.pages.holds import RULES, Rule, Shown
from tests.pages.interaction_samples import SIGN_IN, TAX
from tests.pages.sample import Sample
from tests.pages.samples import SAMPLES

SIGN_IN_BUDGET = 60 * 1024
REQUESTS = 4
MARK = "<b>&\"'"

every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
every_language = pytest.mark.parametrize("code", ["id", "en"])
Show = Callable[..., Response]


def text_of(response: Response) -> str:
    return bytes(response.body).decode()


@every_sample
@every_language
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_page(show: Show, sample: Sample, code: str, rule: Rule) -> None:
    response = show(sample, code)
    scripted = sample.template in {"form_post.html", "signing_out.html"}
    page = Shown(text_of(response), response.headers, code, f"/{sample.name}", scripted=scripted)
    assert list(rule(page)) == []


@pytest.mark.parametrize("name", ["sign_in.html", "second_factor.html", "consent.html", "notice.html"])
def test_every_step_of_an_interaction_can_be_cancelled(show: Show, name: str) -> None:
    for sample in SAMPLES:
        if sample.template == name:
            assert re.search(
                r'name="decision"\s+value="deny"|value="deny"\s+name="decision"', text_of(show(sample))
            )


def test_what_comes_from_outside_is_escaped(pages: Pages) -> None:
    client = TAX | {"name": MARK, "agency": MARK, "policy_uri": "https://x/?\"'<"}
    context = SIGN_IN | {"client": client, "identifier": MARK, "csrf": MARK, "action": MARK}
    response = pages.page(request_of("/interaction/<x>", query="a=<y>"), "sign_in.html", **context)
    text = text_of(response)
    assert "<b>" not in text
    assert "<x>" not in text
    assert "<y>" not in text
    assert '?"' not in text


def test_a_missing_value_is_an_error(pages: Pages) -> None:
    incomplete = {name: value for name, value in SIGN_IN.items() if name != "csrf"}
    with pytest.raises(jinja2.UndefinedError, match="csrf"):
        pages.page(request_of(), "sign_in.html", **incomplete)
    with pytest.raises(jinja2.UndefinedError, match="agency"):
        pages.page(request_of(), "sign_in.html", **(SIGN_IN | {"client": {"name": "x", "logo": None}}))


def test_a_nonce_is_never_used_twice(show: Show) -> None:
    sample = next(s for s in SAMPLES if s.template == "form_post.html")
    found = {re.findall(r'nonce="([^"]+)"', text_of(show(sample)))[0] for _ in range(3)}
    assert len(found) == 3


def test_a_page_that_ends_at_a_client_lets_its_form_go_there() -> None:
    allowed = policy("", ("https:", "http://localhost:9000/cb?x=1;script-src *", "id.go.app:"))
    assert "form-action 'self' https: http://localhost:9000 id.go.app:;" in allowed
    assert "script-src" not in allowed


def test_the_switch_returns_to_the_same_address(pages: Pages) -> None:
    response = pages.page(
        request_of("/account/data-use", query="agency=djp&before=x"), "sign_in.html", **SIGN_IN
    )
    assert 'name="next" value="/account/data-use?agency=djp&amp;before=x"' in text_of(response)


@pytest.mark.parametrize(
    ("path", "back"), [("/interaction/5f2c", "/interaction/5f2c"), ("/account/sign-out", "/")]
)
def test_the_switch_never_opens_what_only_takes_a_post(pages: Pages, path: str, back: str) -> None:
    async def show(request: Request) -> Response:
        return pages.page(request, "sign_in.html", **SIGN_IN)

    routes = [
        Route("/interaction/{id}", show, methods=["GET"]),
        Route("/interaction/{id}", show, methods=["POST"]),
        Route("/account/sign-out", show, methods=["POST"]),
    ]
    request = request_of(path)
    request.scope.update(method="POST", router=Router(routes))
    text = text_of(pages.page(request, "sign_in.html", **SIGN_IN))
    assert f'name="next" value="{back}"' in text


def test_a_page_of_a_refusal_repeats_nothing_of_the_query(pages: Pages) -> None:
    request = request_of("/authorize", query="login_hint=3171011785900001")
    text = text_of(pages.page(request, "error.html", 400, code="unknown_client", request_id="r"))
    assert "3171011785900001" not in text


def test_only_a_sandbox_says_that_it_is_one(pages: Pages) -> None:
    real = Pages(pages.languages, pages.static, pages.cookies)
    assert "gapura-sandbox" in text_of(pages.page(request_of(), "sign_in.html", **SIGN_IN))
    assert "gapura-sandbox" not in text_of(real.page(request_of(), "sign_in.html", **SIGN_IN))


def test_the_sign_in_page_is_light_enough_for_a_village(show: Show, static: StaticFiles) -> None:
    text = text_of(show(SAMPLES[0]))
    wanted = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text))
    assets = [asset for url in wanted if (asset := static.by_url(url)) is not None]
    assert len(assets) == len(wanted) <= REQUESTS - 1
    assert len(text.encode()) + sum(len(asset.packed) for asset in assets) <= SIGN_IN_BUDGET
