from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import pytest

from gapura.protocol.id_token_hint import IdTokenHint
from gapura.protocol.logout import Logout, judge_logout
from gapura.protocol.sid import sid_of
from gapura.values import SessionId
from tests.protocol.samples import Form, client_of

BYE = "https://pajak.example/bye"
SESSION, ANOTHER = SessionId(UUID(int=4)), SessionId(UUID(int=5))
SID = sid_of(SESSION, client_of().sector)
HINT = IdTokenHint("pajak", "s", SID)


def judge(
    params: Mapping[str, str | list[str] | None],
    hint: IdTokenHint | None = HINT,
    current: SessionId | None = SESSION,
) -> Logout:
    client = {"pajak": client_of()}.get(hint.client_id) if hint is not None else None
    return judge_logout(Form(params), hint, client, current)


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
        {"post_logout_redirect_uri": BYE}, IdTokenHint("x", "s", SID), "hint", id="a client that is gone"
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
    pytest.param(HINT, SESSION, False, id="the session of the hint"),
    pytest.param(HINT, ANOTHER, True, id="another session"),
    pytest.param(None, SESSION, True, id="no hint: anybody may have sent the person here"),
    pytest.param(IdTokenHint("pajak", "s", None), SESSION, True, id="a hint without a session"),
    pytest.param(
        IdTokenHint("pajak", "s", sid_of(SESSION, "bpjs")), SESSION, True, id="another sector's name for it"
    ),
    pytest.param(IdTokenHint("pajak", "s", str(SESSION)), SESSION, True, id="the session's own id"),
    pytest.param(IdTokenHint("x", "s", SID), SESSION, True, id="a client that is gone"),
    pytest.param(None, None, False, id="nobody is signed in"),
    pytest.param(HINT, None, False, id="the session has ended before"),
]


@pytest.mark.parametrize(("hint", "current", "asked"), ASKED)
def test_when_the_person_is_asked(
    hint: IdTokenHint | None, current: SessionId | None, *, asked: bool
) -> None:
    assert judge({}, hint, current).must_ask is asked


@pytest.mark.parametrize("current", [SESSION, None], ids=["signed in", "nobody is"])
def test_a_request_whose_way_back_is_wrong_is_nobodys_wish_yet(current: SessionId | None) -> None:
    wrong = judge({"post_logout_redirect_uri": BYE + "?foo=bar"}, HINT, current)
    assert wrong.must_ask is (current is not None)  # RP-Initiated Logout §4


def test_state_never_prints() -> None:
    assert "rahasia" not in repr(judge({"post_logout_redirect_uri": BYE, "state": "rahasia"}))
