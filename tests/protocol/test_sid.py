from __future__ import annotations

import re
from uuid import UUID, uuid4

from gapura.protocol.sid import sid_of
from gapura.values import SessionId

SESSION = SessionId(UUID(int=4))


def test_two_sectors_have_different_names_for_a_session() -> None:
    """OpenID Connect Core §8.1."""
    sectors = ("agency:djp", "agency:bpjs", "pajak.example", "")
    assert len({sid_of(SESSION, sector) for sector in sectors}) == len(sectors)


def test_a_sector_has_one_name_for_a_session_and_another_for_the_next() -> None:
    assert sid_of(SESSION, "djp") == sid_of(SESSION, "djp")
    assert sid_of(SESSION, "djp") != sid_of(SessionId(UUID(int=5)), "djp")


def test_a_name_is_the_same_in_every_release() -> None:
    """Clients keep it for as long as the session goes on, and grants for longer."""
    assert sid_of(SESSION, "agency:djp") == "dxHABVcG4Euas8sHHaaxMw4SyJ2fGlcc"


def test_a_name_goes_into_a_url_as_it_is_and_does_not_show_the_session() -> None:
    session = SessionId(uuid4())
    sid = sid_of(session, "djp")
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", sid)
    assert str(session) not in sid
