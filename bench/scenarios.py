"""What is measured: what must be there before each request, and how its answer is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import httpx2
import orjson
from joserfc import jwt
from joserfc.jwk import KeySet

from bench import strong
from bench.calls import (
    authorize,
    client_credentials,
    filled,
    get,
    introspect,
    redeem,
    refresh,
    sign_in,
    userinfo,
)
from bench.load import Call, Chain, Driven, Load
from bench.targets import Target

DOTS = 2  # of a signed JWT
TOKEN = ("access_token",)


class WrongAnswer(Exception):
    """An answer with the right status that says something wrong."""


Make = Callable[[Target], Call]
Prepare = Callable[[Target, Load, int], Sequence[Chain]]


def plain(call: Make) -> Prepare:
    return lambda target, _, count: [(call(target),) for _ in range(count)]


def after(*before: Make, then: Make) -> Prepare:
    """`then` with what the calls `before` let be kept; those are not measured."""
    return having(*before, then=lambda target, kept: filled(then(target), kept))


def having(*before: Make, then: Callable[[Target, Mapping[str, str]], Call]) -> Prepare:
    """As `after`, where a request can only be made once it is known what was kept."""

    def prepare(target: Target, load: Load, count: int) -> Sequence[Chain]:
        driven = load.drive(target.port, [tuple(call(target) for call in before) for _ in range(count)])
        return [(then(target, kept),) for kept in driven.kept]

    return prepare


def whole_flow(target: Target, _: Load, count: int) -> Sequence[Chain]:
    return [(authorize(target), redeem(target, "access_token"), userinfo(target))] * count


def sign_ins(target: Target, _: Load, count: int) -> Sequence[Chain]:
    """By many people in turn: nobody guesses for one person more than five times at once."""
    return [sign_in(target, target.people[number % len(target.people)]) for number in range(count)]


def _json(body: bytes) -> dict[str, object]:
    found = orjson.loads(body)
    if not isinstance(found, dict):
        raise WrongAnswer("not an object")
    return found


def _expect(*, truth: object, what: str) -> None:
    if not truth:
        raise WrongAnswer(what)


def check_signatures(target: Target, driven: Driven) -> None:
    """Of a sample: the ID token's signature, and the access token's where it is a JWT."""
    keys = KeySet.import_key_set(httpx2.get(target.url + target.paths["jwks"]).json())
    for body in driven.bodies[:: max(1, len(driven.bodies) // 5)]:
        answer = _json(body)
        for name in ("id_token", "access_token"):
            text = str(answer.get(name, ""))
            if name == "id_token" or text.count(".") == DOTS:
                claims = jwt.decode(text, keys, algorithms=["ES256", "RS256"]).claims
                _expect(truth=claims.get("iss"), what=f"{name} without iss")


def check_json_web_token(target: Target, driven: Driven) -> None:
    if target.name == "django-oauth-toolkit":
        return  # it issues opaque ones
    keys = KeySet.import_key_set(httpx2.get(target.url + target.paths["jwks"]).json())
    for body in driven.bodies[:: max(1, len(driven.bodies) // 5)]:
        claims = jwt.decode(str(_json(body)["access_token"]), keys, algorithms=["ES256"]).claims
        _expect(truth=claims.get("client_id"), what="access token without client_id")


def check_member(name: str) -> Callable[[Target, Driven], None]:
    def check(_: Target, driven: Driven) -> None:
        _expect(
            truth=all(_json(body).get(name) for body in driven.bodies), what=f"{name} is missing or false"
        )

    return check


def check_codes(_: Target, driven: Driven) -> None:
    codes = {kept["code"] for kept in driven.kept}
    _expect(truth=len(codes) == len(driven.kept), what="a code was given twice")


def check_replays(target: Target, load: Load) -> None:
    """A code the second time, and a refresh token two rotations later, are refused."""
    mine = target.replay
    begin = authorize(target, mine)
    first = redeem(target, "refresh_token", client=mine)
    again = redeem(target, client=mine, want=400)
    old = refresh(target, client=mine, want=400)
    rotate = refresh(target, "refresh_token", client=mine)
    kept = load.drive(target.port, [(begin, first)]).kept[0]
    load.drive(target.port, [(filled(rotate, kept), rotate)])
    load.drive(target.port, [(filled(old, kept),)])
    if target.strong is not None:
        check_proofs(target, load)
    if target.name == "oidc-provider":
        return  # that replay took the grant, and no code comes without one
    load.drive(target.port, [(begin, first, again)])


def check_proofs(target: Target, load: Load) -> None:
    """A proof is refused when it comes again (RFC 9449 §11.1)."""
    first, visit, exchange = strong.push(target), strong.authorize(target), strong.redeem(target, *TOKEN)
    kept = load.drive(target.port, [(first, visit, exchange)]).kept[0]
    asked = strong.userinfo(target, kept)
    load.drive(target.port, [(asked,)])
    load.drive(target.port, [(replace(asked, want=401),)])


@dataclass(frozen=True, slots=True)
class Scenario:
    """`budget` in µs of the server's CPU; `statements` and `commands` are the most that a lone request may cost."""

    name: str
    prepare: Prepare
    check: Callable[[Target, Driven], None]
    statements: int
    commands: int
    budget: int | None = None
    requests: int = 1000
    peers: tuple[str, ...] = ("node", "django")


NODE = ("node",)  # django-oauth-toolkit knows nothing of the profile

SCENARIOS = (
    Scenario("discovery", plain(get("discovery")), check_member("issuer"), 0, 0, 90, 2000),
    Scenario("JWKS", plain(get("jwks")), check_member("keys"), 0, 0, 90, 2000),
    Scenario("client_credentials, JWT", plain(client_credentials), check_json_web_token, 1, 0, 260),
    Scenario("authorize with a session", plain(authorize), check_codes, 2, 1, 200),
    Scenario("code exchange", after(authorize, then=redeem), check_signatures, 1, 0, 300),
    Scenario(
        "refresh with rotation",
        after(authorize, lambda t: redeem(t, "refresh_token"), then=lambda t: refresh(t, "refresh_token")),
        check_signatures,
        1,
        0,
        290,
    ),
    Scenario(
        "userinfo",
        after(authorize, lambda t: redeem(t, "access_token"), then=userinfo),
        check_member("name"),
        3,
        0,
        120,
    ),
    Scenario(
        "introspection",
        after(authorize, lambda t: redeem(t, "access_token"), then=introspect),
        check_member("active"),
        1,
        0,
        140,
    ),
    Scenario("authorize + token + userinfo", whole_flow, check_member("sub"), 6, 1, 650, 600),
    Scenario(
        "PAR with a signed request", plain(strong.push), check_member("request_uri"), 1, 1, 450, 600, NODE
    ),
    Scenario(
        "authorize with a pushed request",
        after(strong.push, then=strong.authorize),
        check_codes,
        2,
        5,
        370,
        600,
        NODE,
    ),
    Scenario(
        "code exchange with DPoP",
        after(strong.push, strong.authorize, then=strong.redeem),
        check_signatures,
        2,
        1,
        670,
        600,
        NODE,
    ),
    Scenario(
        "userinfo with DPoP",
        having(strong.push, strong.authorize, lambda t: strong.redeem(t, *TOKEN), then=strong.userinfo),
        check_member("name"),
        3,
        1,
        410,
        600,
        NODE,
    ),
    Scenario("password sign-in, 3 requests", sign_ins, check_codes, 17, 6, None, 100, ()),
)
