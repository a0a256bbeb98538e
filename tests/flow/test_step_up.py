from __future__ import annotations

import pytest

from gapura.flow.step_up import unreached_acr
from gapura.protocol.bearer import step_up_needed
from gapura.values import HIGH, LOW, SUBSTANTIAL
from tests.protocol.samples import client_of


@pytest.mark.parametrize(
    ("acr", "scope", "minimum", "needed"),
    [
        (LOW, ("openid", "profile"), None, None),
        (LOW, ("openid", "nik"), None, SUBSTANTIAL),
        (SUBSTANTIAL, ("openid", "nik"), None, None),
        (LOW, ("openid", "nik"), HIGH, HIGH),
        (SUBSTANTIAL, ("openid",), HIGH, HIGH),
        (HIGH, ("openid", "nik"), HIGH, None),
        (LOW, ("openid", "a-scope-of-former-times"), LOW, None),
        ("urn:of:former:times", ("openid",), None, LOW),
    ],
)
def test_the_highest_level_that_was_not_reached_is_asked_for(
    acr: str, scope: tuple[str, ...], minimum: str | None, needed: str | None
) -> None:
    assert unreached_acr(acr, scope, client_of(minimum_acr=minimum)) == needed


def test_the_challenge_comes_in_the_scheme_of_the_token() -> None:
    """RFC 9470 §3."""
    error = step_up_needed((HIGH,), "DPoP")
    assert (error.code, error.status) == ("insufficient_user_authentication", 401)
    assert error.headers["WWW-Authenticate"].startswith('DPoP error="insufficient_user_authentication"')
    assert f'acr_values="{HIGH}"' in error.headers["WWW-Authenticate"]
