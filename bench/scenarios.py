"""What is measured: how each request is made, what must be there before it, and how its answer is checked."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx2
import orjson
from joserfc import jwt
from joserfc.jwk import KeySet

from bench.load import Call, Chain, Driven, Load
from bench.targets import Credentials, Target
from tests.site.browser import PASSWORD

VERIFIER = "bench-verifier-bench-verifier-bench-verifier-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPE = "openid profile offline_access"
CODE = r"[?&]code=([^&\s]+)"
DOTS = 2  # of a signed JWT
MEMBER = r'"%s":\s*"([^"]+)"'


class WrongAnswer(Exception):
    """An answer with the right status that says something wrong."""


def get(path: str) -> Callable[[Target], Call]:
    return lambda target: Call("GET", target.paths[path])


def authorize(target: Target, client: Credentials | None = None, cookie: str | None = None) -> Call:
    """With a session: answered at once, by a redirect with a code."""
    params = {
        "client_id": (client or target.client).id,
        "response_type": "code",
        "redirect_uri": target.redirect_uri,
        "scope": SCOPE,
        "state": "af0ifjsldkj",
        "nonce": "n-0S6_WzA2Mj",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    address = f"{target.paths['authorize']}?{urlencode(params)}"
    sent = target.cookie if cookie is None else cookie
    status = 302 if target.name == "django-oauth-toolkit" else 303
    return Call("GET", address, {"cookie": sent} if sent else {}, want=status, keep={"code": CODE})


def token(target: Target, client: Credentials, form: Mapping[str, str], *keep: str, want: int = 200) -> Call:
    kept = {name: MEMBER % name for name in keep}
    body = urlencode(form).replace("%40", "@")
    return Call("POST", target.paths["token"], {"authorization": client.basic}, body, want, kept)


def redeem(target: Target, *keep: str, client: Credentials | None = None, want: int = 200) -> Call:
    form = {
        "grant_type": "authorization_code",
        "code": "@code@",
        "redirect_uri": target.redirect_uri,
        "code_verifier": VERIFIER,
    }
    return token(target, client or target.client, form, *keep, want=want)


def refresh(target: Target, *keep: str, client: Credentials | None = None, want: int = 200) -> Call:
    form = {"grant_type": "refresh_token", "refresh_token": "@refresh_token@"}
    return token(target, client or target.client, form, *keep, want=want)


def client_credentials(target: Target) -> Call:
    form = {"grant_type": "client_credentials"}
    if target.name != "Gapura":
        form["scope"] = "read"
    return token(target, target.service, form)


def userinfo(target: Target) -> Call:
    return Call("GET", target.paths["userinfo"], {"authorization": "Bearer @access_token@"})


def introspect(target: Target) -> Call:
    return Call(
        "POST",
        target.paths["introspect"],
        {"authorization": target.client.basic},
        "token=@access_token@&token_type_hint=access_token",
    )


def sign_in(target: Target, nik: str) -> Chain:
    """All that a browser without cookies sends until it is back at the client, but for the style sheet."""
    page, cookies = authorize(target, cookie=""), "gapura-browser=@browser@"
    kept = {"page": r"location: (\S+)", "browser": r"set-cookie: gapura-browser=([^;]+)"}
    begin = Call(page.method, page.target, want=303, keep=kept)
    hidden = {name: rf'name="{name}" value="([^"]+)"' for name in ("csrf", "step")}
    show = Call("GET", "@page@", {"cookie": cookies}, keep=hidden)
    form = urlencode({"csrf": "@csrf@", "step": "@step@", "identifier": nik, "password": PASSWORD})
    post = Call(
        "POST", "@page@", {"cookie": cookies}, form.replace("%40", "@"), want=303, keep={"code": CODE}
    )
    return begin, show, post


def filled(call: Call, kept: Mapping[str, str]) -> Call:
    """The call with what earlier chains kept."""

    def fill(text: str) -> str:
        for name, value in kept.items():
            text = text.replace(f"@{name}@", value)
        return text

    headers = {name: fill(value) for name, value in call.headers.items()}
    return Call(call.method, fill(call.target), headers, fill(call.body), call.want, call.keep)


Prepare = Callable[[Target, Load, int], Sequence[Chain]]


def plain(call: Callable[[Target], Call]) -> Prepare:
    return lambda target, _, count: [(call(target),)] * count


def after(*before: Callable[[Target], Call], then: Callable[[Target], Call]) -> Prepare:
    """`then` with what the calls `before` let be kept; those are not measured."""

    def prepare(target: Target, load: Load, count: int) -> Sequence[Chain]:
        chain = tuple(call(target) for call in before)
        driven = load.drive(target.port, [chain] * count)
        call = then(target)
        return [(filled(call, kept),) for kept in driven.kept]

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
    if target.name == "oidc-provider":
        return  # that replay took the grant, and no code comes without one
    load.drive(target.port, [(begin, first, again)])


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
    Scenario("password sign-in, 3 requests", sign_ins, check_codes, 17, 6, None, 100, ()),
)
