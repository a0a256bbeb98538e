"""The modules of fapi-ciba-id1-test-plan: ciba_mode poll and ping, client_auth_type private_key_jwt and mtls."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from gapura.protocol.profiles import CIBA
from gapura.values import LOW, SUBSTANTIAL, Secret
from tests.conformance.ciba_party import MTLS, OBJECT_TYP, PKJWT, CibaParty
from tests.conformance.key_party import ASSERTION_TYPE, new_key, signed
from tests.site import Browser, Identity, Site, run_site
from tests.site.browser import BUDI, SITI
from tests.site.deployment import free_port
from tests.site.ping_receiver import PingReceiver, Script, receive_pings

MODES, AUTHS = ("poll", "ping"), (PKJWT, MTLS)
PAST = "update decoupled_request set expires_at = now() - interval '1 second' where digest = sha256(%s)"


@pytest.fixture(scope="module")
def pings(server_identity: Identity) -> Iterator[PingReceiver]:
    with receive_pings(server_identity) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    server_identity: Identity,
    pings: PingReceiver,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """With a port for certificates, and one person for all modules."""
    with run_site(
        module_database_url,
        module_redis_url,
        root_keys,
        tmp_path_factory.mktemp("site"),
        tls=server_identity,
        GAPURA_MTLS_PORT=str(free_port()),
        GAPURA_OUTBOUND_ALLOW=pings.address,
        GAPURA_OUTBOUND_CA=str(server_identity.certificate),
        GAPURA_APPROVAL_REQUESTS_PER_HOUR="1000",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def identities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Identity, Identity]:
    folder = tmp_path_factory.mktemp("clients")
    return Identity.new(folder, "client-1"), Identity.new(folder, "client-2")


VARIANTS = [(mode, auth) for mode in MODES for auth in AUTHS]


def only(what: str) -> pytest.MarkDecorator:
    """A module of these variants alone."""
    return pytest.mark.parametrize("parties", [v for v in VARIANTS if what in v], indirect=True, ids="-".join)


@pytest.fixture(scope="module", params=VARIANTS, ids="-".join)
def parties(
    request: pytest.FixtureRequest,
    site: Site,
    identities: tuple[Identity, Identity],
    pings: PingReceiver,
) -> tuple[CibaParty, CibaParty]:
    mode, auth = request.param
    first, second = identities
    return (
        CibaParty.new(site, first, pings, mode, auth, "PS256"),
        CibaParty.new(site, second, pings, mode, auth, "ES256"),
    )


@pytest.fixture
def party(parties: tuple[CibaParty, CibaParty]) -> CibaParty:
    return parties[0]


@pytest.fixture
def other(parties: tuple[CibaParty, CibaParty]) -> CibaParty:
    return parties[1]


@pytest.fixture
def script(pings: PingReceiver) -> Iterator[Script]:
    """What the notification endpoint answers in this module."""
    pings.script = Script()
    yield pings.script
    pings.script = Script()


def refused(answer: httpx2.Response, status: int = 400) -> str:
    """The error, in the form that every module looks at."""
    found = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert re.fullmatch(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*", found.get("error_description", ""))
    return str(found["error"])


def id_token_of(tokens: dict[str, Any]) -> dict[str, Any]:
    part = tokens["id_token"].split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_fapi_ciba_id1_discovery_end_point_verification(party: CibaParty) -> None:
    found = party.endpoints["plain"]
    assert found["tls_client_certificate_bound_access_tokens"] is True
    assert found["backchannel_authentication_endpoint"].startswith("https://")
    assert {"PS256", "ES256"} <= set(found["backchannel_authentication_request_signing_alg_values_supported"])
    assert found["backchannel_user_code_parameter_supported"] is False
    assert CIBA in found["grant_types_supported"]
    assert set(found["backchannel_token_delivery_modes_supported"]) == set(MODES)
    assert {PKJWT, MTLS} <= set(found["token_endpoint_auth_methods_supported"])
    for name in ("id_token", "token_endpoint_auth", "userinfo"):
        methods = found[f"{name}_signing_alg_values_supported"]
        assert {"PS256", "ES256"} & set(methods), name
    for name, url in found["mtls_endpoint_aliases"].items():
        assert name.endswith("_endpoint")
        assert name in found
        assert url.startswith("https://")


def test_fapi_ciba_id1(party: CibaParty, other: CibaParty) -> None:
    begun = party.begin(proof=party.proof(party.issuer))
    assert re.fullmatch(r"[A-Za-z0-9._-]{27,}", begun["auth_req_id"])
    assert begun["expires_in"] > 0
    assert 0 <= begun["interval"] <= 6 * 3600
    party.pending(begun)
    party.pending(begun)
    party.answer_by_itself(begun)
    party.told(begun)
    tokens = party.tokens(begun)
    assert refused(party.poll(begun)) == "invalid_grant"
    name = str(uuid4())
    for accept in ("application/json", "application/json;charset=UTF-8", "*/*, application/x-custom"):
        answer = party.resource(tokens["access_token"], **{"Accept": accept, "x-fapi-interaction-id": name})
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-fapi-interaction-id"] == name
        assert answer.headers["content-type"] == "application/json"
        assert "date" in answer.headers
    in_query = party.with_certificate.get(
        party.endpoints["userinfo_endpoint"], params={"access_token": tokens["access_token"]}
    )
    assert in_query.status_code in {400, 401}
    second = other.begin(
        proof=other.proof(other.endpoints["plain"]["token_endpoint"]),
        typ=OBJECT_TYP,
        acr_values=SUBSTANTIAL,
        requested_expiry=300,
        login_hint=SITI,
    )
    assert second["expires_in"] == 300
    other.pending(second)
    other.answer_by_itself(second)
    other.told(second)
    tokens = other.tokens(second)
    assert id_token_of(tokens)["acr"] == SUBSTANTIAL
    assert UUID(other.resource(tokens["access_token"]).headers["x-fapi-interaction-id"])
    assert party.resource(tokens["access_token"]).status_code == 401


def test_a_lower_level_is_told_as_such(party: CibaParty) -> None:
    assert id_token_of(party.flow(acr_values=LOW, scope="openid"))["acr"] == LOW


def test_fapi_ciba_id1_user_rejects_authentication(party: CibaParty) -> None:
    begun = party.begin()
    party.pending(begun)
    party.answer_by_itself(begun, "deny")
    party.told(begun)
    assert refused(party.poll(begun)) == "access_denied"


def test_fapi_ciba_id1_multiple_call_to_token_endpoint(party: CibaParty) -> None:
    begun = party.begin()
    errors = {refused(party.poll(begun)) for _ in range(20)}
    assert errors == {"authorization_pending", "slow_down"}
    party.answer_by_itself(begun)
    party.told(begun)


def test_fapi_ciba_id1_auth_req_id_expired(party: CibaParty) -> None:
    begun = party.begin(requested_expiry=10)
    assert begun["expires_in"] == 10
    party.pending(begun)
    party.pending(begun)
    assert party.site is not None
    party.site.rows(PAST, begun["auth_req_id"].encode())
    assert refused(party.poll(begun)) == "expired_token"


def test_fapi_ciba_id1_ensure_authorization_request_with_binding_message_succeeds(party: CibaParty) -> None:
    assert party.flow(binding_message="1234")


def test_fapi_ciba_id1_ensure_other_scope_order_succeeds(party: CibaParty) -> None:
    assert party.flow(scope="offline_access profile openid")


def test_fapi_ciba_id1_ensure_requested_expiry_as_string_succeeds(party: CibaParty) -> None:
    assert party.begin(requested_expiry="30")["expires_in"] == 30
    assert party.flow(requested_expiry="30")


def test_fapi_ciba_id1_ensure_authorization_request_with_potentially_bad_binding_message(
    party: CibaParty,
) -> None:
    message = "1234 \U0001f44d\U0001f3ff 品川 " * 40
    assert refused(party.ask(binding_message=message)) == "invalid_binding_message"


def test_a_binding_message_is_required(party: CibaParty) -> None:
    """FAPI CIBA §5.2.2-2."""
    assert refused(party.ask(binding_message=None)) == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"aud": None}, id="fapi_ciba_id1_ensure_request_object_missing_aud_fails"),
        pytest.param(
            {"aud": "https://www.other1.com/"}, id="fapi_ciba_id1_ensure_request_object_bad_aud_fails"
        ),
        pytest.param({"iss": None}, id="fapi_ciba_id1_ensure_request_object_missing_iss_fails"),
        pytest.param({"iss": "another-client"}, id="fapi_ciba_id1_ensure_request_object_bad_iss_fails"),
        pytest.param({"exp": None}, id="fapi_ciba_id1_ensure_request_object_missing_exp_fails"),
        pytest.param(
            {"exp": timedelta(minutes=-5)}, id="fapi_ciba_id1_ensure_request_object_expired_exp_fails"
        ),
        pytest.param(
            {"exp": timedelta(minutes=70)},
            id="fapi_ciba_id1_ensure_request_object_exp_is_70_minutes_in_future_fails",
        ),
        pytest.param({"iat": None}, id="fapi_ciba_id1_ensure_request_object_missing_iat_fails"),
        pytest.param({"nbf": None}, id="fapi_ciba_id1_ensure_request_object_missing_nbf_fails"),
        pytest.param(
            {"nbf": timedelta(minutes=10)},
            id="fapi_ciba_id1_ensure_request_object_nbf_is_10_minutes_in_future_fails",
        ),
        pytest.param(
            {"nbf": timedelta(minutes=-70)},
            id="fapi_ciba_id1_ensure_request_object_nbf_is_70_minutes_in_past_fails",
        ),
        pytest.param({"jti": None}, id="fapi_ciba_id1_ensure_request_object_missing_jti_fails"),
        pytest.param(
            {"id_token_hint": "x"}, id="fapi_ciba_id1_ensure_authorization_request_with_multiple_hints_fails"
        ),
    ],
)
def test_fapi_ciba_id1_a_bad_request_object_fails(party: CibaParty, changes: dict[str, Any]) -> None:
    changes = {
        name: int(time.time() + value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }
    assert refused(party.ask(**changes)) == "invalid_request"


def test_fapi_ciba_id1_ensure_request_object_signature_algorithm_is_none_fails(party: CibaParty) -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    claims = signed(party.key, party.claims()).split(".")[1]
    assert refused(party.ask(f"{head}.{claims}.")) == "invalid_request"


def test_fapi_ciba_id1_ensure_request_object_signature_algorithm_is_bad_fails(party: CibaParty) -> None:
    head, claims, signature = signed(party.key, party.claims()).split(".")
    bad = signature[:-8] + ("AAAAAAAA" if not signature.endswith("AAAAAAAA") else "BBBBBBBB")
    assert refused(party.ask(f"{head}.{claims}.{bad}")) == "invalid_request"


def test_fapi_ciba_id1_ensure_request_object_signature_algorithm_is_rs256_fails(party: CibaParty) -> None:
    assert refused(party.ask(signed(party.key, party.claims(), alg="RS256"))) == "invalid_request"


def test_fapi_ciba_id1_ensure_request_object_signed_by_other_client_fails(
    party: CibaParty, other: CibaParty
) -> None:
    foreign = signed(other.key, party.claims(), kid=party.key.kid)
    assert refused(party.ask(foreign)) == "invalid_request"


def test_fapi_ciba_id1_ensure_wrong_auth_req_id_in_token_endpoint_request(
    party: CibaParty, other: CibaParty
) -> None:
    begun = party.begin()
    party.answer_by_itself(begun)
    assert refused(other.poll(begun)) == "invalid_grant"
    assert party.tokens(begun)


@only(MTLS)
def test_fapi_ciba_id1_ensure_different_client_id_and_issuer_in_backchannel_authorization_request(
    party: CibaParty, other: CibaParty
) -> None:
    answer = party.ask(proof={"client_id": other.client_id})
    assert refused(answer, 401) == "invalid_client"


@only(MTLS)
def test_fapi_ciba_id1_ensure_wrong_client_id_in_token_endpoint_request(
    party: CibaParty, other: CibaParty
) -> None:
    begun = party.begin()
    answer = party.poll(begun, {"client_id": other.client_id})
    assert refused(answer, 401) == "invalid_client"


@only(MTLS)
def test_fapi_ciba_id1_ensure_wrong_client_id_in_backchannel_authorization_request(party: CibaParty) -> None:
    answer = party.ask(proof={"client_id": "nobody"})
    assert refused(answer, 401) == "invalid_client"


@only(PKJWT)
def test_fapi_ciba_id1_ensure_without_client_assertion_in_token_endpoint_request(party: CibaParty) -> None:
    begun = party.begin()
    answer = party.poll(begun, {"client_id": party.client_id})
    assert (answer.status_code, answer.json()["error"]) in {(401, "invalid_client"), (400, "invalid_request")}


@only(PKJWT)
def test_fapi_ciba_id1_ensure_without_client_assertion_in_backchannel_authorization_request(
    party: CibaParty,
) -> None:
    answer = party.ask(proof={"client_id": party.client_id})
    assert (answer.status_code, answer.json()["error"]) in {(401, "invalid_client"), (400, "invalid_request")}


@only(PKJWT)
def test_fapi_ciba_id1_ensure_client_assertion_signature_algorithm_in_backchannel_authorization_request_is_rs256_fails(
    party: CibaParty,
) -> None:
    proof = party.proof(party.backchannel_endpoint, alg="RS256")
    assert refused(party.ask(proof=proof), 401) == "invalid_client"


@only(PKJWT)
def test_fapi_ciba_id1_ensure_client_assertion_signature_algorithm_in_token_endpoint_request_is_rs256_fails(
    party: CibaParty,
) -> None:
    begun = party.begin()
    answer = party.poll(begun, party.proof(party.endpoints["token_endpoint"], alg="RS256"))
    assert refused(answer, 401) == "invalid_client"


@only(PKJWT)
def test_fapi_ciba_id1_ensure_client_assertion_with_iss_aud_to_token_endpoint_succeeds(
    party: CibaParty,
) -> None:
    begun = party.begin()
    assert refused(party.poll(begun, party.proof(party.issuer))) == "authorization_pending"


@only("ping")
def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_has_body(
    party: CibaParty, script: Script
) -> None:
    script.statuses, script.body = [200], b"a body that nobody reads"
    assert party.flow()


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(status, id=f"fapi_ciba_id1_ping_backchannel_notification_endpoint_response_{status}")
        for status in (401, 403)
    ],
)
@only("ping")
def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_refuses(
    party: CibaParty, script: Script, status: int
) -> None:
    script.statuses, script.body = [status], b"no"
    assert party.flow()


@only("ping")
def test_fapi_ciba_id1_ping_with_mtls_ciba_notification_endpoint_response_401_and_require_server_does_not_retry(
    party: CibaParty, pings: PingReceiver, script: Script
) -> None:
    script.statuses = [401]
    begun = party.begin()
    party.answer_by_itself(begun)
    party.told(begun)
    assert settled(party, begun) == (True, 1)
    assert len(pings.pings_of(begun["auth_req_id"])) == 1
    assert party.tokens(begun)


PING = (
    "select dead_at is not null, attempts from outbox where payload ->> 'digest' = encode(sha256(%s), 'hex')"
)


def settled(party: CibaParty, begun: dict[str, Any]) -> tuple[Any, ...]:
    assert party.site is not None
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        rows = party.site.rows(PING, begun["auth_req_id"].encode())
        if rows and rows[0][0]:
            return tuple(rows[0])
        time.sleep(0.05)
    raise AssertionError("the ping is not settled")


@only("ping")
def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_return_redirect_request(
    party: CibaParty, pings: PingReceiver, script: Script
) -> None:
    script.statuses = [301]
    script.location = f"https://{pings.address}/invalid-ciba-notification-endpoint"
    begun = party.begin()
    party.answer_by_itself(begun)
    party.told(begun)
    assert settled(party, begun) == (True, 1)
    assert {ping.path for ping in pings.pings} == {"/ciba-notification-endpoint"}
    assert party.tokens(begun)


def test_fapi_ciba_id1_ensure_unsigned_backchannel_authorization_request_fails(party: CibaParty) -> None:
    url = party.backchannel_endpoint
    plain = {name: str(value) for name, value in party.claims().items()} | party.proof(url)
    http = party.with_certificate if party.method == MTLS else party.http
    assert refused(http.post(url, data=plain)) == "invalid_request"


def test_fapi_ciba_id1_refresh_token(party: CibaParty, other: CibaParty) -> None:
    tokens, foreign = party.flow(), other.flow()
    url = party.endpoints["token_endpoint"]
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answer = party.with_certificate.post(url, data=form | party.proof(url))
    assert answer.status_code == 200, answer.text
    assert answer.json()["access_token"] != tokens["access_token"]
    assert answer.json().get("refresh_token", tokens["refresh_token"]) == tokens["refresh_token"]
    assert party.resource(answer.json()["access_token"]).status_code == 200
    stolen = form | {"refresh_token": foreign["refresh_token"]} | party.proof(url)
    assert refused(party.with_certificate.post(url, data=stolen)) == "invalid_grant"


def test_fapi_ciba_id1_ensure_mtls_holder_of_key_required(party: CibaParty) -> None:
    begun = party.begin()
    party.answer_by_itself(begun)
    answer = party.poll(begun, http=party.http)
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"] in {"invalid_client", "invalid_grant", "invalid_request"}
    tokens = party.tokens(begun)
    bare = party.http.get(
        party.endpoints["plain"]["userinfo_endpoint"],
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
    )
    assert bare.status_code == 401


def test_a_person_approves_in_a_browser(party: CibaParty, browser: Browser) -> None:
    """As the suite's tests run without an automated approval."""
    begun = party.begin(binding_message="W4SCT-7")
    browser.open("/account/requests")
    browser.sign_in(BUDI)
    link = re.findall(r'href="(/account/requests/[\w-]+)"', browser.page.text)[0]
    browser.open(link)
    assert "W4SCT-7" in browser.page.text
    browser.agree()
    party.told(begun)
    assert party.tokens(begun)
    assert party.poll(begun).status_code == 400


@only(PKJWT)
def test_an_assertion_of_another_kind_is_none(party: CibaParty) -> None:
    stray = signed(new_key(), party.claims())
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": stray}
    assert refused(party.ask(proof=proof), 401) == "invalid_client"
