"""The modules of the Foundation's plans for providers that Gapura means to pass, and why some are not run.

A table of names: what a module does stands in its test. `test_every_module_has_a_test.py` holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Plan:
    """`tests` are the files of `tests/conformance` that do what the modules do.

    `left_out` are modules that the plan lists but does not run for a provider like this one, with the reason.
    """

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)


def _named(prefix: str, names: str) -> tuple[str, ...]:
    return tuple(prefix + name for name in names.split())


_BASIC = _named(
    "oidcc-",
    """
    server response-type-missing idtoken-signature idtoken-unsigned userinfo-get userinfo-post-header
    userinfo-post-body ensure-request-without-nonce-succeeds-for-code-flow scope-profile scope-email
    scope-address scope-phone scope-all alternate-happy-flow display-page display-popup prompt-login
    prompt-none-not-logged-in prompt-none-logged-in max-age-1 max-age-10000
    ensure-request-with-unknown-parameter-succeeds id-token-hint login-hint ui-locales claims-locales
    ensure-request-with-acr-values-succeeds codereuse codereuse-30seconds ensure-registered-redirect-uri
    ensure-post-request-succeeds server-client-secret-post
    request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
    unsigned-request-object-supported-correctly-or-rejected-as-unsupported claims-essential
    ensure-request-object-with-redirect-uri refresh-token ensure-request-with-valid-pkce-succeeds
    """,
)
_DYNAMIC = _named(
    "oidcc-",
    """
    idtoken-rs256 idtoken-unsigned userinfo-rs256 ensure-redirect-uri-in-authorization-request
    redirect-uri-query-OK redirect-uri-query-mismatch redirect-uri-query-added redirect-uri-regfrag
    discovery-endpoint-verification server registration-logo-uri registration-policy-uri
    registration-tos-uri registration-jwks-uri registration-sector-uri registration-sector-bad
    server-rotate-keys refresh-token-rp-key-rotation request-uri-unsigned request-uri-signed-rs256
    ensure-request-object-with-redirect-uri refresh-token ensure-client-assertion-with-iss-aud-succeeds
    """,
)
_RP_INITIATED_LOGOUT = (
    "oidcc-rp-initiated-logout",
    *_named(
        "oidcc-rp-initiated-logout-",
        """
    discovery-endpoint-verification bad-post-logout-redirect-uri modified-id-token-hint no-id-token-hint
    no-params no-post-logout-redirect-uri no-state only-state query-added-to-post-logout-redirect-uri
    bad-id-token-hint
    """,
    ),
)
_FAPI2 = _named(
    "fapi2-security-profile-final-",
    """
    discovery-end-point-verification happy-flow user-rejects-authentication
    ensure-authorization-request-without-state-success
    ensure-authorization-request-without-nonce-success
    ensure-authorization-request-with-64-char-nonce-success ensure-other-scope-order-succeeds
    test-claims-parameter-identity-claims access-token-type-header-case-sensitivity
    check-dpop-proof-nbf-exp ensure-dpopproof-with-iat-10seconds-before-succeeds
    ensure-dpopproof-with-iat-10seconds-after-succeeds ensure-mismatched-dpop-jkt-fails
    ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt
    ensure-token-endpoint-fails-with-mismatched-dpop-jkt
    ensure-dpopproof-at-par-endpoint-binding-success ensure-dpop-auth-code-binding-success
    ensure-different-nonce-inside-and-outside-request-object
    ensure-different-state-inside-and-outside-request-object
    ensure-authorization-request-with-long-nonce ensure-authorization-request-with-long-state
    state-only-outside-request-object-not-used ensure-request-object-without-redirect-uri-fails
    plain-fapi-tolerate-unregistered-redirect-uri
    ensure-unsigned-authorization-request-without-using-par-fails
    ensure-redirect-uri-in-authorization-request ensure-response-type-code-idtoken-fails
    ensure-response-type-token-fails ensure-client-id-in-token-endpoint ensure-holder-of-key-required
    ensure-authorization-code-is-bound-to-client attempt-reuse-authorization-code-after-one-second
    ensure-token-endpoint-fails-with-expired-auth-code ensure-signed-client-assertion-with-RS256-fails
    ensure-client-assertion-in-token-endpoint
    ensure-client-assertion-with-exp-is-5-minutes-in-past-fails
    ensure-client-assertion-with-wrong-aud-fails ensure-client-assertion-with-no-sub-fails
    dpop-negative-tests refresh-token par-ensure-reused-request-uri-prior-to-auth-completion-succeeds
    par-attempt-reuse-request_uri par-attempt-to-use-expired-request_uri
    par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted
    par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails
    par-attempt-to-use-request_uri-for-different-client
    par-authorization-request-containing-request_uri-form-param par-attempt-invalid-http-method
    par-ensure-pkce-required ensure-pkce-code-verifier-required incorrect-pkce-code-verifier-rejected
    par-plain-pkce-rejected par-without-duplicate-parameters par-test-array-as-audience-fails
    par-test-par-endpoint-url-as-audience-fails par-test-token-endpoint-url-as-audience-fails
    """,
)
_FAPI2_SIGNED_REQUESTS = _named(
    "fapi2-security-profile-final-",
    """
    ensure-request-object-with-multiple-aud-succeeds ensure-request-object-without-exp-fails
    ensure-request-object-without-nbf-fails ensure-expired-request-object-fails
    ensure-request-object-with-bad-aud-fails ensure-request-object-with-exp-over-60-fails
    ensure-request-object-with-nbf-over-60-fails
    ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted
    ensure-signed-request-object-with-RS256-fails ensure-request-object-signature-algorithm-is-not-none
    ensure-request-object-with-invalid-signature-fails ensure-matching-key-in-authorization-request
    ensure-unsigned-request-at-par-endpoint-fails par-authorization-request-containing-request_uri
    """,
)
_CIBA = (
    "fapi-ciba-id1",
    *_named(
        "fapi-ciba-id1-",
        """
    discovery-end-point-verification user-rejects-authentication multiple-call-to-token-endpoint
    auth-req-id-expired ensure-authorization-request-with-binding-message-succeeds
    ensure-other-scope-order-succeeds ensure-requested-expiry-as-string-succeeds
    ensure-authorization-request-with-potentially-bad-binding-message
    ensure-request-object-missing-aud-fails ensure-request-object-bad-aud-fails
    ensure-request-object-missing-iss-fails ensure-request-object-bad-iss-fails
    ensure-request-object-missing-exp-fails ensure-request-object-expired-exp-fails
    ensure-request-object-exp-is-70-minutes-in-future-fails ensure-request-object-missing-iat-fails
    ensure-request-object-missing-nbf-fails ensure-request-object-nbf-is-10-minutes-in-future-fails
    ensure-request-object-nbf-is-70-minutes-in-past-fails ensure-request-object-missing-jti-fails
    ensure-request-object-signature-algorithm-is-none-fails
    ensure-request-object-signature-algorithm-is-bad-fails
    ensure-request-object-signature-algorithm-is-RS256-fails
    ensure-request-object-signed-by-other-client-fails
    ensure-authorization-request-with-multiple-hints-fails
    ensure-wrong-auth-req-id-in-token-endpoint-request
    ensure-different-client-id-and-issuer-in-backchannel-authorization-request
    ensure-wrong-client-id-in-token-endpoint-request
    ensure-wrong-client-id-in-backchannel-authorization-request
    ensure-without-client-assertion-in-token-endpoint-request
    ensure-without-client-assertion-in-backchannel-authorization-request
    ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails
    ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails
    ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds
    ping-backchannel-notification-endpoint-response-has-body
    ping-backchannel-notification-endpoint-response-401
    ping-backchannel-notification-endpoint-response-403
    ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry
    ping-backchannel-notification-endpoint-return-redirect-request
    ensure-unsigned-backchannel-authorization-request-fails refresh-token
    ensure-mtls-holder-of-key-required
    """,
    ),
)
_EKYC = _named(
    "ekyc-server-",
    """
    happypath happypath-emptyobject happypath-essentialfalse unknown-claim-omitted
    unknown-essential-claim-omitted unknown-claim-specialchars-omitted
    one-claim-with-random-value-omitted request-only-in-idtoken request-only-in-userinfo
    testuserprovidedrequest testbasedonuserinfo-defaults test-userinfo-notfoundinop
    """,
)
_FAPI2_CONNECTID = _named(
    "fapi2-security-profile-final-",
    """
    australia-connectid-ensure-request-object-with-exp-over-10-fails
    australia-connectid-ensure-request-object-with-nbf-over-15-fails
    australia-connectid-ensure-invalid-purpose-fails
    australia-connectid-test-claims-parameter-idtoken-identity-claims
    """,
)
_CIBA_CONNECTID = _named(
    "fapi-ciba-id1-",
    """
    connectid-ensure-authorization-request-with-purpose-succeeds
    connectid-ensure-txn-returned-when-not-requested
    connectid-ensure-authorization-request-with-3ds-card-login-hint-succeeds
    connectid-ensure-authorization-request-with-3ds-payment-authorization-details-succeeds
    connectid-ensure-authorization-request-with-non-ascii-purpose
    connectid-ensure-authorization-request-without-binding-message-fails
    connectid-ensure-authorization-request-with-too-short-purpose-fails
    connectid-ensure-authorization-request-with-too-long-purpose-fails
    connectid-ensure-authorization-request-with-id-token-hint-fails
    connectid-ensure-authorization-request-with-login-hint-token-fails
    connectid-ensure-authorization-request-with-malformed-card-login-hint-fails
    connectid-ensure-authorization-request-with-wrong-3ds-payment-authorization-details-type-fails
    connectid-ensure-authorization-request-without-3ds-payment-instructed-amount-fails
    connectid-ensure-authorization-request-without-3ds-payment-amount-fails
    connectid-ensure-authorization-request-with-malformed-3ds-payment-amount-fails
    connectid-ensure-authorization-request-without-3ds-payment-currency-fails
    connectid-ensure-authorization-request-with-malformed-3ds-payment-currency-fails
    connectid-ensure-authorization-request-without-3ds-payment-source-account-fails
    connectid-ensure-authorization-request-with-malformed-3ds-payment-source-account-fails
    connectid-ensure-authorization-request-without-3ds-payment-beneficiary-name-fails
    connectid-ensure-authorization-request-without-3ds-payment-desc-fails
    """,
)

_BASIC_TESTS = ("test_oidcc_basic.py", "test_oidcc_request_objects.py")
_FAPI2_TESTS = (
    "test_fapi2_client_authentication.py",
    "test_fapi2_claims.py",
    "test_fapi2_dpop.py",
    "test_fapi2_message_signing_jarm.py",
    "test_fapi2_mtls.py",
    "test_fapi2_pushed_requests.py",
    "test_fapi2_rar.py",
    "test_fapi2_refresh_token.py",
    "test_fapi2_request_objects.py",
)
_BRAZIL = "of the profile Open Finance Brazil"
_CONNECTID = "of the profile ConnectID Australia"
_UNITED_KINGDOM = "of the profile Open Banking UK"
_FAPI2_LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(_FAPI2_CONNECTID, _CONNECTID),
    "fapi2-security-profile-final-brazil-ensure-bad-payment-signature-fails": _BRAZIL,
    "fapi2-security-profile-final-ensure-server-handles-non-matching-intent-id": _UNITED_KINGDOM,
    "fapi2-security-profile-final-test-essential-acr-sca-claim": _UNITED_KINGDOM,
    "fapi2-security-profile-final-ensure-registered-redirect-uri": "of national profiles; plain FAPI has "
    "plain-fapi-tolerate-unregistered-redirect-uri",
}
_CIBA_LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(_CIBA_CONNECTID, _CONNECTID),
    "fapi-ciba-id1-brazil-discovery-end-point-verification": _BRAZIL,
    "fapi-ciba-id1-ensure-requested-expiry-is-ignored-for-brazil": _BRAZIL,
}

PLANS: Mapping[str, Plan] = {
    row.name: row
    for row in (
        Plan("oidcc-config", ("oidcc-discovery-endpoint-verification",), ("test_oidcc_config.py",)),
        Plan("oidcc-basic", _BASIC, _BASIC_TESTS),
        Plan("oidcc-formpost-basic", _BASIC, _BASIC_TESTS),
        Plan(
            "oidcc-dynamic",
            _DYNAMIC,
            ("test_oidcc_config.py", "test_oidcc_dynamic.py", "test_oidcc_request_objects.py"),
        ),
        Plan("oidcc-rp-initiated-logout", _RP_INITIATED_LOGOUT, ("test_oidcc_rp_initiated_logout.py",)),
        Plan(
            "oidcc-backchannel-rp-initiated-logout",
            (
                "oidcc-backchannel-logout-discovery-endpoint-verification",
                "oidcc-backchannel-rp-initiated-logout",
            ),
            ("test_oidcc_backchannel_and_frontchannel_logout.py",),
        ),
        Plan(
            "oidcc-frontchannel-rp-initiated-logout",
            (
                "oidcc-frontchannel-logout-discovery-endpoint-verification",
                "oidcc-frontchannel-rp-initiated-logout",
            ),
            ("test_oidcc_backchannel_and_frontchannel_logout.py",),
        ),
        Plan(
            "oidcc-session-management",
            (
                "oidcc-session-management-discovery-endpoint-verification",
                "oidcc-session-management-rp-initiated-logout",
            ),
            ("test_oidcc_session_management.py",),
        ),
        Plan(
            "oidcc-3rdparty-init-login",
            ("oidcc-3rd_party-init-login", "oidcc-3rd_party-init-login-nohttps"),
            ("test_oidcc_3rdparty_init_login.py",),
        ),
        Plan("fapi2-security-profile-final", _FAPI2, _FAPI2_TESTS, _FAPI2_LEFT_OUT),
        Plan(
            "fapi2-message-signing-final", (*_FAPI2, *_FAPI2_SIGNED_REQUESTS), _FAPI2_TESTS, _FAPI2_LEFT_OUT
        ),
        Plan("fapi-ciba-id1", _CIBA, ("test_fapi_ciba_id1.py",), _CIBA_LEFT_OUT),
        Plan("ekyc-test-plan-oidccore", _EKYC, ("test_ekyc_oidccore.py",)),
    )
}

SHORT = ("fapi2-security-profile-final-", "fapi2-")
"""The long prefix of FAPI 2.0's modules, and what stands for it in the names of tests."""


def called(module: str) -> str:
    """What the test is called: by the module, in lower case and with underscores."""
    return module.replace(*SHORT).lower().replace("-", "_")
