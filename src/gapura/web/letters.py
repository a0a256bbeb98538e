"""What people get by mail, in the language of their account: plain text, and nothing about them in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gapura.disclosure.purposes import in_language
from gapura.flow.directory import Directory
from gapura.flow.letter import Letter
from gapura.identity.person import Person
from gapura.protocol.client import Client
from gapura.values import Instant
from gapura.web.formats import Formats
from gapura.web.locale import Languages
from gapura.web.locale import marked as _

APPROVAL_SUBJECT = _("%(name)s meminta persetujuan Anda")
APPROVAL = (
    _("%(name)s (%(agency)s) meminta persetujuan Anda di Gapura."),
    _("Buka tautan ini untuk melihat permintaannya. Anda akan diminta masuk dahulu:\n%(link)s"),
    _(
        "Permintaan ini berlaku sampai %(until)s. "
        "Anda juga bisa menemukannya di akun Gapura Anda, di bagian Permintaan."
    ),
    _(
        "Jika bukan Anda yang memulainya, jangan setujui. "
        "Tanpa persetujuan Anda, tidak ada data yang dikirim."
    ),
    _("Gapura tidak pernah meminta kata sandi atau kode lewat email atau telepon."),
)


@dataclass(frozen=True, slots=True)
class Letters:
    languages: Languages
    directory: Callable[[], Directory]

    def approval(self, person: Person, client: Client, link: str, until: Instant) -> Letter:
        """That `client` asks, and where the person finds what it asks."""
        language = self.languages.by_code.get(person.locale, self.languages.source)
        told = {
            "name": client.name(language.code),
            "agency": in_language(self.directory().agency_of(client).names, language.code),
            "link": link,
            "until": Formats(language).instant(until),
        }
        paragraphs = [language.say(text) % told for text in APPROVAL]
        return Letter(language.say(APPROVAL_SUBJECT) % told, "\n\n".join(paragraphs) + "\n", language.code)
