"""Mail: what a letter says, to whom it goes, and what the relay's answers mean."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from gapura.delivery.approval_mail import ApprovalMail
from gapura.delivery.mail import Mailer, Relay
from gapura.delivery.outbox import Undelivered
from gapura.disclosure.purposes import SOURCE
from gapura.flow.decoupled import BINDING_MESSAGE, CODE, DecoupledRequest, path_of
from gapura.flow.directory import Agency, Directory
from gapura.flow.letter import Letter
from gapura.identity.contacts import Contacts
from gapura.identity.person import CITIZEN, Person
from gapura.protocol.profiles import CIBA
from gapura.storage.outbox import Message
from gapura.values import AccountId, AgencyId, CitizenId, ClientId, Instant, Secret, opaque_digest
from gapura.web.letters import Letters
from gapura.web.locale import Languages
from tests.delivery.decoupled_requests import ACCOUNT, NOW, OneClient, OneRequest, asked
from tests.protocol.samples import ISSUER, client_of
from tests.site.mail_catcher import MailCatcher, catch_mail

pytestmark = pytest.mark.anyio

ADDRESS = "siti@contoh.id"
LETTER = Letter("Halo – 5 €", "Satu baris\n.titik di depan\n", "id")
DIGEST = opaque_digest("kode")
MESSAGE = Message(UUID(int=9), "approval_mail", ClientId("pajak"), {"digest": DIGEST.hex()}, 1, NOW)
REQUEST = asked(DIGEST, CIBA, extra={CODE: "kode", BINDING_MESSAGE: "Loket 7"})
PERSON = Person(ACCOUNT, CITIZEN, CitizenId(UUID(int=3)), "active", "ACTIVE")
DIRECTORY = Directory(agencies={AgencyId("djp"): Agency(AgencyId("djp"), {SOURCE: "Ditjen Pajak"})})


@pytest.fixture
def catcher() -> Iterator[MailCatcher]:
    with catch_mail() as catcher:
        yield catcher


def mailer(port: int, **changes: Any) -> Mailer:
    relay = Relay("127.0.0.1", port, "none", "Gapura <gapura@contoh.go.id>", "", Secret(""))
    return Mailer(replace(relay, **changes))


async def test_a_letter_arrives_as_it_was_written(catcher: MailCatcher) -> None:
    await mailer(catcher.port).send(ADDRESS, LETTER, NOW)
    letter = catcher.letter_to(ADDRESS)
    assert letter["subject"] == LETTER.subject
    assert letter["from"] == "Gapura <gapura@contoh.go.id>"
    assert letter["to"] == ADDRESS
    assert letter["content-language"] == "id"
    assert letter["auto-submitted"] == "auto-generated"
    assert letter["message-id"].endswith("@contoh.go.id>")
    assert letter["date"].datetime == NOW
    assert letter.get_content().replace("\r\n", "\n") == LETTER.text


@pytest.mark.parametrize(
    ("answer", "final"), [("550 no such mailbox", True), ("450 busy", False), ("421 closing", False)]
)
async def test_the_relays_word_decides_whether_there_is_another_try(
    catcher: MailCatcher, answer: str, final: bool
) -> None:
    catcher.refuses = answer
    with pytest.raises(Undelivered) as failed:
        await mailer(catcher.port).send(ADDRESS, LETTER, NOW)
    assert failed.value.final is final
    assert ADDRESS not in failed.value.reason
    assert answer[:3] in failed.value.reason


async def test_a_relay_that_is_away_is_asked_again() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(Undelivered) as failed:
            await mailer(nobody.getsockname()[1]).send(ADDRESS, LETTER, NOW)
    assert not failed.value.final


async def test_no_mail_goes_in_the_clear_where_tls_was_asked_for(catcher: MailCatcher) -> None:
    for tls in ("starttls", "tls"):
        away = Mailer(mailer(catcher.port, tls=tls).relay, ssl.create_default_context())
        with pytest.raises(Undelivered):
            await away.send(ADDRESS, LETTER, NOW)
    assert catcher.letters == []


class People:
    def __init__(self, person: Person | None = PERSON, contacts: Contacts | None = None) -> None:
        self._person, self._contacts = person, contacts or Contacts(ADDRESS, email_verified=True)

    async def person(self, account_id: AccountId) -> Person | None:
        assert account_id == ACCOUNT
        return self._person

    async def contacts(self, _: AccountId) -> Contacts:
        return self._contacts


class Sent:
    def __init__(self) -> None:
        self.letters: list[tuple[str, Letter]] = []

    async def send(self, to: str, letter: Letter, _: Instant, /) -> None:
        self.letters.append((to, letter))


def approval_mail(
    sent: Sent, people: People | None = None, request: DecoupledRequest | None = REQUEST, **client: Any
) -> ApprovalMail:
    people = people or People()
    letters = Letters(Languages.load(), lambda: DIRECTORY)
    return ApprovalMail(
        ISSUER, OneClient(**client), OneRequest(request), people, people, sent, letters.approval
    )


@pytest.mark.parametrize(("locale", "name"), [("id", "Pajak"), ("en", "Tax"), ("xx", "Pajak")])
async def test_the_letter_says_who_asks_and_where_to_look(locale: str, name: str) -> None:
    sent = Sent()
    await approval_mail(sent, People(replace(PERSON, locale=locale)))(MESSAGE, NOW)
    [(to, letter)] = sent.letters
    assert to == ADDRESS
    assert name in letter.subject
    assert "Ditjen Pajak" in letter.text
    assert ISSUER + path_of(DIGEST) in letter.text
    assert "Loket 7" not in letter.text


@pytest.mark.parametrize(
    ("people", "request_"),
    [
        pytest.param(People(None), REQUEST, id="nobody"),
        pytest.param(People(replace(PERSON, account_status="suspended")), REQUEST, id="suspended"),
        pytest.param(People(replace(PERSON, citizen_status="DECEASED")), REQUEST, id="deceased"),
        pytest.param(People(contacts=Contacts()), REQUEST, id="no address"),
        pytest.param(
            People(contacts=Contacts(ADDRESS, email_verified=False)),
            REQUEST,
            id="an address nobody confirmed",
        ),
        pytest.param(People(), None, id="cleaned away"),
        pytest.param(People(), replace(REQUEST, expires_at=NOW), id="expired"),
    ],
)
async def test_nobody_else_gets_a_letter(people: People, request_: DecoupledRequest | None) -> None:
    sent = Sent()
    await approval_mail(sent, people, request_)(MESSAGE, NOW)
    assert sent.letters == []


async def test_a_disabled_client_asks_nobody() -> None:
    sent = Sent()
    await approval_mail(sent, status="disabled")(MESSAGE, NOW)
    assert sent.letters == []


def test_no_name_of_a_client_breaks_out_of_its_line() -> None:
    client = client_of(names={"": "Pajak %(link)s %s"})
    letter = Letters(Languages.load(), lambda: DIRECTORY).approval(PERSON, client, "https://x", NOW)
    assert "Pajak %(link)s %s" in letter.subject
