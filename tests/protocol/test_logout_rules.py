from __future__ import annotations

from collections.abc import Mapping

import pytest

from gapura.protocol.id_token_hint import IdTokenHint
from gapura.protocol.logout import Logout, judge_logout
from tests.protocol.samples import Form, client_of

BYE = "https://pajak.example/bye"
HINT = IdTokenHint("pajak", "s", "sesi")


def judge(
    params: Mapping[str, str | list[str] | None], hint: IdTokenHint | None = HINT, sid: str | None = "sesi"
) -> Logout:
    return judge_logout(Form(params), hint, {"pajak": client_of()}.get, sid)


def test_a_client_with_its_hint_gets_its_person_back() -> None:
    logout = judge({"post_logout_redirect_uri": BYE, "state": "a b"})
    assert logout == Logout("pajak", BYE + "?state=a+b", must_ask=False)


def test_no_state_sent_none_returned() -> None:
    assert judge({"post_logout_redirect_uri": BYE}).redirect == BYE
    assert judge({"post_logout_redirect_uri": BYE, "client_id": "pajak"}).redirect == BYE


STAYING = [
    pytest.param({}, None, None, id="no parameters"),
    pytest.param({"state": "s"}, None, None, id="only state"),
    pytest.param({}, HINT, None, id="no URI"),
    pytest.param({"post_logout_redirect_uri": BYE}, None, "hint", id="URI without a hint, or a bad hint"),
    pytest.param({"post_logout_redirect_uri": BYE + "?foo=bar"}, HINT, "registered", id="an added query"),
    pytest.param({"post_logout_redirect_uri": BYE + "/"}, HINT, "registered", id="nearly the same"),
    pytest.param({"post_logout_redirect_uri": "javascript:1"}, HINT, "registered", id="a script"),
    pytest.param(
        {"post_logout_redirect_uri": BYE, "client_id": "bpjs"}, HINT, "client_id", id="another client"
    ),
    pytest.param(
        {"post_logout_redirect_uri": BYE, "client_id": "pajak"}, None, "hint", id="client_id is no proof"
    ),
    pytest.param(
        {"post_logout_redirect_uri": BYE}, IdTokenHint("x", "s", "sesi"), "hint", id="a client that is gone"
    ),
    pytest.param({"post_logout_redirect_uri": BYE, "state": "s" * 3000}, HINT, "state", id="state too long"),
]


@pytest.mark.parametrize(("params", "hint", "fault"), STAYING)
def test_the_way_back_is_closed_and_the_way_out_is_not(
    params: dict[str, str | list[str] | None], hint: IdTokenHint | None, fault: str | None
) -> None:
    logout = judge(params, hint)
    assert logout.redirect is None
    assert (logout.fault is None) if fault is None else (fault in (logout.fault or ""))


ASKED = [
    pytest.param(HINT, "sesi", False, id="the session of the hint"),
    pytest.param(HINT, "lain", True, id="another session"),
    pytest.param(None, "sesi", True, id="no hint: anybody may have sent the person here"),
    pytest.param(IdTokenHint("pajak", "s", None), "sesi", True, id="a hint without a session"),
    pytest.param(None, None, False, id="nobody is signed in"),
    pytest.param(HINT, None, False, id="the session has ended before"),
]


@pytest.mark.parametrize(("hint", "sid", "asked"), ASKED)
def test_when_the_person_is_asked(hint: IdTokenHint | None, sid: str | None, *, asked: bool) -> None:
    assert judge({}, hint, sid).must_ask is asked


@pytest.mark.parametrize("sid", ["sesi", None], ids=["signed in", "nobody is"])
def test_a_request_whose_way_back_is_wrong_is_nobodys_wish_yet(sid: str | None) -> None:
    wrong = judge({"post_logout_redirect_uri": BYE + "?foo=bar"}, HINT, sid)
    assert wrong.must_ask is (sid is not None)  # RP-Initiated Logout §4


def test_state_never_prints() -> None:
    assert "rahasia" not in repr(judge({"post_logout_redirect_uri": BYE, "state": "rahasia"}))
