"""Redirect URIs, PKCE and scopes of any shape, against a second reading of the same rules."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import urlsplit, urlunsplit

from hypothesis import assume, example, given
from hypothesis import strategies as st

from gapura.errors import PageError
from gapura.protocol.parameters import words
from gapura.protocol.pkce import is_challenge, matches
from gapura.protocol.redirect import proven_redirect_uri
from gapura.protocol.registered_uri import BadUri, check_redirect_uri
from tests.protocol.our_answers import AUTHORIZE, changed
from tests.protocol.samples import Form, client_of

HOSTS = ("pajak.example", "127.0.0.1", "[::1]", "localhost", "127.0.0.2", "127.0.0.1.example")
URIS = st.builds(
    lambda scheme, host, port, path, query: f"{scheme}://{host}{port}{path}{query}",
    st.sampled_from(["https", "http", "HTTP"]),
    st.sampled_from(HOSTS),
    st.sampled_from(["", ":80", ":8000", ":65535"]),
    st.sampled_from(["", "/", "/cb", "/cb/", "/CB", "/c%62", "/cb/../cb"]),
    st.sampled_from(["", "?", "?a=1", "?a=1&b=2", "?b=2&a=1"]),
)
UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
VERIFIERS = st.text(UNRESERVED, min_size=43, max_size=128)
SCOPE_WORDS = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\'), min_size=1, max_size=12
)


@given(URIS, URIS)
@example("http://127.0.0.1/cb", "http://127.0.0.1:8000/cb")
@example("http://127.0.0.1/cb", "http://127.0.0.1.example/cb")
@example("https://pajak.example/cb", "https://pajak.example:80/cb")
def test_a_redirect_uri_is_proven_by_being_the_same_but_for_a_loopback_port(
    registered: str, sent: str
) -> None:
    """RFC 9700 §2.1, RFC 8252 §7.3."""
    try:
        check_redirect_uri(registered, native=True, sandbox=True)
    except BadUri:
        assume(False)  # noqa: FBT003 -- hypothesis has it so
    proven = _is_proven(registered, sent)
    assert proven == (registered == sent or (_portless(registered) == _portless(sent) is not None))


@given(st.lists(URIS, max_size=3, unique=True))
def test_without_a_redirect_uri_only_the_one_registered_will_do(registered: list[str]) -> None:
    client = client_of(redirect_uris=tuple(registered))
    try:
        assert proven_redirect_uri(client, None) == registered[0]
    except PageError:
        assert len(registered) != 1
    else:
        assert len(registered) == 1


@given(VERIFIERS, VERIFIERS)
def test_a_challenge_is_met_by_its_own_verifier_alone(verifier: str, other: str) -> None:
    """RFC 7636 §4.6."""
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert is_challenge(challenge)
    assert matches(verifier, challenge)
    assert matches(other, challenge) == (other == verifier)


@given(VERIFIERS, st.integers(0, 42), st.sampled_from(UNRESERVED))
def test_one_character_of_a_verifier_makes_it_another(verifier: str, place: int, character: str) -> None:
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    altered = verifier[:place] + character + verifier[place + 1 :]
    assert matches(altered, challenge) == (altered == verifier)


@given(st.lists(SCOPE_WORDS, min_size=1, max_size=20), st.integers(1, 3))
def test_scopes_are_the_words_in_their_order_each_once(scopes: list[str], blanks: int) -> None:
    """RFC 6749 §3.3."""
    read = words(Form(changed(AUTHORIZE, {"scope": (" " * blanks).join(scopes)})), "scope")
    assert read == tuple(dict.fromkeys(scopes))
    assert words(Form({"scope": " ".join(read)}), "scope") == read


def _is_proven(registered: str, sent: str) -> bool:
    try:
        return proven_redirect_uri(client_of(redirect_uris=(registered,)), sent) == sent
    except PageError:
        return False


def _portless(uri: str) -> str | None:
    """Without its port, if it is http on a loopback address; names are none (RFC 8252 §8.3)."""
    parts = urlsplit(uri)
    if not uri.startswith("http://") or parts.hostname not in {"127.0.0.1", "::1"}:
        return None
    host = "[::1]" if parts.hostname == "::1" else parts.hostname
    without = urlunsplit(("http", host, parts.path, parts.query, ""))
    return without + ("?" if uri.endswith("?") else "")
