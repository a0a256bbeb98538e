"""Mail by a relay (RFC 5321). One connection for each letter, in a thread: smtplib waits."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr

from gapura.delivery.outbox import Undelivered
from gapura.flow.letter import Letter
from gapura.values import Instant, Secret

SECONDS = 5.0  # for each answer of the relay
STARTTLS, TLS = "starttls", "tls"
PERMANENT = range(500, 600)  # RFC 5321 §4.2.1: 5yz


@dataclass(frozen=True, slots=True)
class Relay:
    """`tls` is `starttls`, `tls` from the first byte, or `none`; `user` is empty where the relay asks for none."""

    host: str
    port: int
    tls: str
    sender: str
    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Mailer:
    relay: Relay
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    async def send(self, to: str, letter: Letter, now: Instant) -> None:
        """Raises Undelivered; its reason has no address in it."""
        try:
            await asyncio.to_thread(self._hand_over, self._written(to, letter, now))
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            raise _undelivered(min(codes)) from None
        except smtplib.SMTPResponseException as refused:
            raise _undelivered(refused.smtp_code) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise Undelivered(type(error).__name__) from None

    def _written(self, to: str, letter: Letter, now: Instant) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = self.relay.sender, to, letter.subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = make_msgid(domain=parseaddr(self.relay.sender)[1].partition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no holiday notes come back
        message.set_content(letter.text)  # which takes every other header of the content out
        message["Content-Language"] = letter.language
        return message

    def _hand_over(self, message: EmailMessage) -> None:
        with self._connected() as server:
            if self.relay.tls == STARTTLS:
                server.starttls(context=self.trust)
            if self.relay.user:
                server.login(self.relay.user, self.relay.password.reveal())
            server.send_message(message)

    def _connected(self) -> smtplib.SMTP:
        host, port = self.relay.host, self.relay.port
        if self.relay.tls == TLS:
            return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=self.trust)
        return smtplib.SMTP(host, port, timeout=SECONDS)


def _undelivered(code: int) -> Undelivered:
    return Undelivered(f"the relay answered {code}", final=code in PERMANENT)
