"""Who wants a change, when and why: each command takes one, and its audit row says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from gapura.flow.records import ActorKind, AuditEntry, Detail, Note
from gapura.identity.person import Person
from gapura.values import ClientId, Instant


@dataclass(frozen=True, slots=True)
class Order:
    """`actor` is an opaque id; the reason and where it came from are in the note, which is stored sealed."""

    actor_kind: ActorKind
    actor: str
    at: Instant
    note: Note = field(default=Note(), repr=False)

    @classmethod
    def of_person(cls, person: Person, at: Instant, note: Note | None = None) -> Self:
        return cls(person.kind, str(person.account_id), at, note or Note())

    @classmethod
    def of_client(cls, client_id: ClientId, at: Instant) -> Self:
        """What a client does to its own registration."""
        return cls("client", f"client:{client_id}", at)

    @classmethod
    def of_system(cls, part: str, at: Instant) -> Self:
        """What Gapura does by itself, such as ending what is overdue."""
        return cls("system", part, at)

    def entry(self, action: str, object: str, detail: Detail | None = None) -> AuditEntry:
        return AuditEntry(self.at, self.actor_kind, self.actor, action, object, detail or {}, self.note)
