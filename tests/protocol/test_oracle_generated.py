"""Authlib's server as an oracle, over generated requests: the same status and `error`, or a difference with its reason.

The requests are drawn from a seed, so that they are the same everywhere.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tests.protocol.authlib_server import Answer, Server
from tests.protocol.our_answers import (
    AUTHORIZE,
    BY_POST,
    CODE_FORM,
    CODE_ONLY,
    FOREIGN,
    FRESH,
    MACHINE,
    MACHINE_FORM,
    PUBLIC,
    REFRESH_FORM,
    REFRESHABLE,
    changed,
    our_authorize,
    our_token,
)
from tests.protocol.samples import SECRET, client_of
from tests.protocol.test_client_authentication import basic
from tests.protocol.test_oracle_at_random import VALUES

SEED = 1945
OF_EACH = 300
PAGE = 400
CODE_FIELDS = ("grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret")
REFRESH_FIELDS = ("grant_type", "refresh_token", "scope", "client_id", "client_secret")
MACHINE_FIELDS = ("grant_type", "scope", "client_id", "client_secret")
ASKED_OF_CLIENTS = {"code", "code_verifier", "grant_type", "refresh_token", "client_secret"}
AUTHORIZE_FIELDS = tuple(name for name in VALUES if name not in ASKED_OF_CLIENTS)


# What each method puts into the form, and into the Authorization header.
PROOFS: Mapping[str, tuple[Mapping[str, str], str | None]] = {
    "client_secret_basic": ({}, basic()),
    "client_secret_post": ({"client_id": "pajak", "client_secret": SECRET}, None),
    "none": ({"client_id": "pajak"}, None),
}


@dataclass(frozen=True)
class Case:
    sent: Mapping[str, str]
    ours: Answer
    theirs: Answer
    faults: int = 0
    authorization: str | None = None
    public: bool = False

    @property
    def errors(self) -> tuple[str | None, str | None]:
        return self.ours[1], self.theirs[1]

    @property
    def both_refuse(self) -> bool:
        return None not in self.errors


Explains = Callable[[Case], bool]

AUTHORIZED_OTHERWISE: Mapping[str, Explains] = {
    "RFC 6749 §3.1.1: without response_type a request is malformed": lambda case: (
        "response_type" not in case.sent and case.errors == ("invalid_request", "unsupported_response_type")
    ),
    "RFC 9700 §2.1.1: `plain`, by name or by default, shows the verifier": lambda case: (
        case.sent.get("code_challenge_method") in {None, "plain"} and case.errors == ("invalid_request", None)
    ),
    "RFC 7636 §4.2: a challenge by S256 is base64url": lambda case: (
        "~" in case.sent.get("code_challenge", "") and case.errors == ("invalid_request", None)
    ),
    "two faults: we name the form of the request before what it asks for": lambda case: (
        case.faults > 1 and case.ours[1] == "invalid_request" and case.both_refuse
    ),
}

REDEEMED_OTHERWISE: Mapping[str, Explains] = {
    "RFC 6749 §2.3: one method of client authentication per request": lambda case: (
        case.authorization is not None
        and "client_secret" in case.sent
        and case.ours == (400, "invalid_request")
    ),
    "RFC 6749 §3.2.1: a client_id in the form is the client's that authenticates": lambda case: (
        case.authorization is not None and "client_id" in case.sent and case.ours == (400, "invalid_request")
    ),
    "RFC 6749 §2.3.1: a public client has no secret to send in a header": lambda case: (
        case.public and case.authorization is not None and case.ours == (401, "invalid_client")
    ),
    "RFC 6749 §3.2.1: who asks is judged before what is asked": lambda case: (
        case.ours == (401, "invalid_client") and case.both_refuse
    ),
    "RFC 6749 §3.1: without grant_type a request is malformed": lambda case: (
        "grant_type" not in case.sent and case.errors == ("invalid_request", "unsupported_grant_type")
    ),
    "RFC 7636 §4.6: a verifier that is missing or no verifier doesn't match": lambda case: (
        len(case.sent.get("code_verifier", "")) < 43 and case.errors == ("invalid_grant", "invalid_request")
    ),
    "RFC 6749 §4.4: scopes of people are not for machines": lambda case: (
        case.sent.get("grant_type") == "client_credentials" and case.errors == ("invalid_scope", None)
    ),
}


def test_generated_authorization_requests_are_answered_as_authlib_answers_them() -> None:
    chance = random.Random(SEED)  # noqa: S311 -- the same requests everywhere
    cases = []
    for _ in range(OF_EACH):
        changes = _some(chance, AUTHORIZE_FIELDS)
        sent = changed(AUTHORIZE, changes)
        answers = our_authorize(client_of(), sent), Server(client_of()).authorize(sent)
        cases.append(Case(sent, *answers, faults=len(changes)))
    _hold(cases, AUTHORIZED_OTHERWISE)


def test_generated_token_requests_are_answered_as_authlib_answers_them() -> None:
    chance = random.Random(SEED)  # noqa: S311 -- the same requests everywhere
    clients = (*3 * (client_of(),), *2 * (MACHINE,), BY_POST, PUBLIC, CODE_ONLY)
    kinds = (
        (CODE_FORM, CODE_FIELDS, (FRESH, FRESH, FOREIGN)),
        (REFRESH_FORM, REFRESH_FIELDS, (REFRESHABLE,)),
        (MACHINE_FORM, MACHINE_FIELDS, (FRESH,)),
    )
    cases = []
    for _ in range(OF_EACH):
        form, fields, grants = chance.choice(kinds)
        client, grant = chance.choice(clients), chance.choice(grants)
        own, header = PROOFS[client.token_endpoint_auth_method]
        authorization = chance.choice((header, header, header, basic(), basic("siapa"), None))
        sent = changed({**form, **own}, _some(chance, fields))
        ours = asyncio.run(our_token(client, grant, sent, authorization))
        theirs = Server(client, grant).token(sent, authorization)
        cases.append(Case(sent, ours, theirs, authorization=authorization, public=client.is_public))
    _hold(cases, REDEEMED_OTHERWISE)


def _some(chance: random.Random, fields: Iterable[str]) -> dict[str, str | None]:
    names = sorted(fields)
    return {
        name: chance.choice(VALUES[name]) for name in chance.sample(names, chance.choice((0, 1, 1, 2, 3)))
    }


def _hold(cases: list[Case], differences: Mapping[str, Explains]) -> None:
    """Each difference has a reason, each reason is needed, and enough was accepted and refused to mean something."""
    differing = [case for case in cases if case.ours != case.theirs and not _both_show_a_page(case)]
    unexplained = [case for case in differing if not any(explains(case) for explains in differences.values())]
    assert unexplained == []
    idle = [reason for reason, explains in differences.items() if not any(map(explains, differing))]
    assert idle == []
    assert sum(case.ours[1] is None for case in cases) >= OF_EACH / 10
    assert sum(case.both_refuse and case.ours == case.theirs for case in cases) >= OF_EACH / 10


def _both_show_a_page(case: Case) -> bool:
    """What is not redirected has no `error` on the wire: ours is a phrase of the page."""
    return (
        case.ours[0] == case.theirs[0] == PAGE
        and case.authorization is None
        and "grant_type" not in case.sent
    )
