from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gapura.disclosure.authorization_details import KNOWN_DETAILS
from gapura.errors import OAuthError
from gapura.flow.client_details import ClientDetails
from gapura.flow.directory import Directory
from gapura.protocol.decoupled_request import read_decoupled
from gapura.protocol.grants.device_code import NAME as DEVICE_CODE
from tests.disclosure.test_consent import LETTERS, RETURNS
from tests.protocol.samples import Form, client_of
from tests.protocol.test_authorization_request import POLICY, ask

CLIENT = client_of(
    authorization_details_types=("citizen_data", "tax_return"),
    grant_types=("authorization_code", DEVICE_CODE),
)


@dataclass(frozen=True, slots=True)
class Held:
    value: Directory


PURPOSES = Held(Directory(client_purposes={CLIENT.id: {"openid": RETURNS, "email": LETTERS}}))
WITH_PURPOSES = replace(POLICY, details=ClientDetails(KNOWN_DETAILS, PURPOSES))  # type: ignore[arg-type]  # nothing else is read


def looking_up(*attributes: str) -> dict[str, Any]:
    detail = {"type": "citizen_data", "datatypes": list(attributes), "reference": "PEM-1"}
    return {"authorization_details": json.dumps([detail])}


def test_a_detail_may_name_the_data_that_a_purpose_of_the_client_names() -> None:
    [detail] = ask(looking_up("email", "nik"), client=CLIENT, policy=WITH_PURPOSES).authorization_details
    assert detail["datatypes"] == ["nik", "email"]


def by_browser(details: dict[str, Any]) -> object:
    return ask(details, client=CLIENT, policy=WITH_PURPOSES)


def by_device(details: dict[str, Any]) -> object:
    return read_decoupled(Form({"scope": "openid", **details}), CLIENT, DEVICE_CODE, WITH_PURPOSES)


@pytest.mark.parametrize("asks", [by_browser, by_device])
def test_other_data_is_refused_and_named(asks: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(OAuthError) as refused:
        asks(looking_up("nik", "phone"))
    assert refused.value.code == "invalid_authorization_details"
    assert refused.value.description.endswith("phone")
