"""Whom a client means by the hint of a backchannel authentication request (CIBA §7.1, §7.2).

Who is unknown, disabled or deceased is answered for like everybody: nobody is asked, and the request runs out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gapura.crypto.jose import TokenRefused, read_unverified_header, verify
from gapura.crypto.public_keys import KeysRefused
from gapura.errors import OAuthError
from gapura.flow.accounts import KeepsAccounts
from gapura.flow.can_authenticate import can_authenticate
from gapura.flow.client_keys import ClientKeys
from gapura.flow.hints import Hints
from gapura.flow.visit import ReadsPeople
from gapura.identity.contacts import Identifier, read_identifier
from gapura.identity.person import Person
from gapura.identity.session import Browser
from gapura.protocol.algorithms import algs_for
from gapura.protocol.backchannel_authentication import ID_TOKEN_HINT, LOGIN_HINT, LOGIN_HINT_TOKEN, Hint
from gapura.protocol.client import Client
from gapura.values import AccountId, Instant

NOBODYS = Browser("")  # the client asks, not the person
TOLD = ("nik", "email", "phone")  # how a client may name a person
LEEWAY = 30.0  # seconds
# RFC 9493 §3.2: the member of a subject identifier by its format.
FORMATS: Mapping[str, str] = {"email": "email", "phone_number": "phone_number"}
ISS_SUB = "iss_sub"


@dataclass(frozen=True, slots=True, repr=False)
class Meant:
    """`name` is what limits count by; `account_id` is None where nobody may be asked."""

    name: str
    account_id: AccountId | None


class FindsSubjects(Protocol):
    async def account_of(self, sector: str, sub: str) -> AccountId | None:
        """Who has this `sub` in this sector. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class HintedPeople:
    issuer: str
    accounts: KeepsAccounts
    people: ReadsPeople
    subjects: FindsSubjects
    hints: Hints
    keys: ClientKeys

    async def meant(self, hint: Hint, client: Client, now: Instant) -> Meant:
        """Raises OAuthError("unknown_user_id"), ("expired_login_hint_token") and ("invalid_request")."""
        return await READERS[hint.kind](self, hint, client, now)

    async def by_login_hint(self, hint: Hint, client: Client, _: Instant) -> Meant:
        return await self._told(hint.value.reveal(), client)

    async def by_id_token(self, hint: Hint, client: Client, now: Instant) -> Meant:
        read = self.hints.read(hint.value, now)
        if read is None or read.client_id != client.id:
            raise OAuthError(
                "invalid_request", description="id_token_hint is no ID token that this client got here"
            )
        return await self._subject(read.sub, client)

    async def by_token(self, hint: Hint, client: Client, now: Instant) -> Meant:
        """A JWT of the client's own: `iss`, `aud`, `exp` and a `sub_id` (RFC 9493)."""
        sub_id = (await self._proven(hint, client, now)).get("sub_id")
        if not isinstance(sub_id, Mapping):
            raise _refused("sub_id is missing (RFC 9493)")
        kind = sub_id.get("format")
        if kind == ISS_SUB and sub_id.get("iss") == self.issuer and isinstance(sub_id.get("sub"), str):
            return await self._subject(sub_id["sub"], client)
        value = sub_id.get(FORMATS.get(kind, "") if isinstance(kind, str) else "")
        if not isinstance(value, str):
            raise _refused(f"sub_id is in none of the formats {', '.join((*FORMATS, ISS_SUB))}")
        return await self._told(value, client)

    async def _proven(self, hint: Hint, client: Client, now: Instant) -> Mapping[str, Any]:
        text = hint.value.reveal()
        try:
            kid = read_unverified_header(text).get("kid")
            keys = await self.keys.keys_of(client, kid if isinstance(kid, str) else None, now)
            return verify(
                text,
                keys,
                algs=algs_for(client.profile),
                now=now,
                iss=client.id,
                aud=self.issuer,
                leeway=LEEWAY,
            )
        except TokenRefused as error:
            if error.code == "expired":
                raise OAuthError(
                    "expired_login_hint_token", description="login_hint_token has expired"
                ) from None
            raise _refused(
                "it must be a JWT signed by the client, with iss, aud and exp", str(error)
            ) from None
        except (OAuthError, KeysRefused) as error:
            raise _refused("the client's keys cannot be read", str(error)) from None

    async def _told(self, text: str, client: Client) -> Meant:
        identifier = read_identifier(text)
        if identifier.kind not in TOLD:
            raise OAuthError(
                "unknown_user_id", description="the hint is no NIK, e-mail address or phone number"
            )
        found = await self.accounts.find(identifier, NOBODYS)
        return _meant(found.person if found is not None else None, _name(identifier), client)

    async def _subject(self, sub: str, client: Client) -> Meant:
        account_id = await self.subjects.account_of(client.sector, sub)
        person = await self.people.person(account_id) if account_id is not None else None
        return _meant(person, f"sub:{client.sector}:{sub}", client)


def _meant(person: Person | None, name: str, client: Client) -> Meant:
    if person is None:
        return Meant(name, None)
    may_be_asked = can_authenticate(person, client) is None
    return Meant(str(person.account_id), person.account_id if may_be_asked else None)


def _name(identifier: Identifier) -> str:
    return f"{identifier.kind}:{identifier.value}"


def _refused(reason: str, detail: str = "") -> OAuthError:
    return OAuthError("invalid_request", detail=detail, description=f"login_hint_token: {reason}")


Reader = Callable[[HintedPeople, Hint, Client, Instant], Awaitable[Meant]]
READERS: Mapping[str, Reader] = {
    LOGIN_HINT: HintedPeople.by_login_hint,
    ID_TOKEN_HINT: HintedPeople.by_id_token,
    LOGIN_HINT_TOKEN: HintedPeople.by_token,
}
