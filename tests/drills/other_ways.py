"""What a marked person does beside a browser of their own, and what was seen of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx2

from gapura.protocol.grants import jwt_bearer, token_exchange
from gapura.protocol.profiles import CIBA, DEVICE_CODE
from tests.drills.people import Made
from tests.site import Browser, RelyingParty

ALL = "openid profile email phone address nik offline_access"


@dataclass(slots=True)
class Seen:
    """What was answered: headers of all answers, bodies of error pages; and every secret that was given out."""

    password: str
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)

    def watch(self, client: httpx2.Client) -> None:
        client.event_hooks["response"].append(self._note)

    def keep(self, what: str, secret: str) -> None:
        self.secrets[f"{what} {len(self.secrets)}"] = secret

    def _note(self, answer: httpx2.Response) -> None:
        place = f"{answer.request.method} {answer.request.url.path} {answer.status_code}"
        answer.read()
        self.answers.append(
            (f"headers of {place}", b"\n".join(b": ".join(pair) for pair in answer.headers.raw))
        )
        if answer.status_code >= 400:
            # A form that comes back holds what was typed into it, for whoever typed it; a password it doesn't hold.
            typed = re.compile(rb' value="[^"]*"' if answer.status_code == 422 else b"(?!)")
            self.answers.append((f"error page of {place}", typed.sub(b"", answer.content)))
            assert self.password.encode() not in answer.content


def comes_other_ways(browser: Browser, person: Made, ticked: Sequence[str], seen: Seen) -> None:
    """By a device, and by an ID token in front: the one answer to a browser that names them. They are signed in."""
    issuer = browser.origin
    party = RelyingParty.register(
        issuer,
        grant_types=["implicit", "authorization_code", DEVICE_CODE],
        response_types=["id_token", "code"],
    )
    seen.watch(party.http)
    http = party.http
    begun = http.post(f"{issuer}/device_authorization", data={"scope": ALL}, auth=party.auth).json()
    seen.keep("device_code", begun["device_code"])
    browser.open(begun["verification_uri_complete"])
    browser.submit(user_code=begun["user_code"])
    browser.submit(decision="allow")
    browser.agree(*ticked)
    redeemed = party.token(grant_type=DEVICE_CODE, device_code=begun["device_code"]).json()
    seen.keep("access_token", redeemed["access_token"])
    browser.http.event_hooks["response"].clear()
    browser.open(party.authorize_url("openid profile email", response_type="id_token"))
    assert browser.left_for is not None
    seen.keep("id_token", browser.left_for.partition("id_token=")[2].partition("&")[0])
    for form in (
        {"grant_type": DEVICE_CODE, "device_code": person.nik},
        {"grant_type": CIBA, "auth_req_id": person.email},
        {"grant_type": token_exchange.NAME, "subject_token": person.nik, "subject_token_type": person.email},
        {"grant_type": jwt_bearer.NAME, "assertion": person.nik},
    ):
        party.token(**form)
    details = f'[{{"type":"citizen_data","datatypes":["{person.full_name}"],"reference":"{person.nik}"}}]'
    for path, fields in (
        ("/device_authorization", {"scope": ALL, "authorization_details": details}),
        ("/backchannel-authentication", {"scope": ALL, "login_hint": person.full_name}),
        ("/backchannel-authentication", {"scope": ALL, "login_hint_token": person.nik}),
        ("/par", {"authorization_details": details, "dpop_jkt": person.nik, "state": person.phone}),
    ):
        http.post(issuer + path, data=fields, auth=party.auth, headers={"DPoP": person.nik})
    http.get(f"{issuer}/device", params={"user_code": person.nik})
