"""The house: registry, accounts, agencies, grants, records, keys.

Personal values lie sealed (bytea) or as keyed digests; what stands in clear names nobody.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

REGISTRY = """
create table region (
    code text primary key,
    name text not null,
    level text not null check (level in ('province', 'regency', 'district', 'village')),
    valid_from date not null,
    valid_to date,
    successor text
);

-- A citizen's record is a row for each load that changed it: the visible load with the highest id holds today's
-- record, the older ones are its history, and a load becomes visible by one update of its own row.
create table registry_load (
    id bigint generated always as identity primary key,
    file_digest bytea not null,
    mode text not null check (mode in ('full', 'delta', 'event')),
    state text not null check (state in ('loading', 'visible', 'discarded')),
    actor text not null,
    accepted bigint not null default 0,
    rejected bigint not null default 0,
    unchanged bigint not null default 0,
    started_at timestamptz not null,
    visible_at timestamptz
);
create unique index registry_load_one_at_a_time on registry_load ((true)) where state = 'loading' and mode <> 'event';

create table registry_progress (
    load_id bigint not null references registry_load,
    shard smallint not null,
    line bigint not null,
    accepted bigint not null,
    rejected bigint not null,
    unchanged bigint not null,
    primary key (load_id, shard)
);

create table citizen_version (
    citizen_id uuid not null,
    load_id bigint not null,
    status text not null check (status in ('ACTIVE', 'DECEASED', 'MOVED_ABROAD', 'DUPLICATE', 'REVOKED')),
    content bytea not null,      -- keyed digest of the record, to see that nothing changed
    record bytea not null,       -- sealed with the citizen's data key
    primary key (citizen_id, load_id)
) partition by hash (citizen_id);
create index citizen_version_load on citizen_version using brin (load_id);   -- to take a load back

create table citizen_key (
    citizen_id uuid primary key,
    wrapped bytea not null,      -- the citizen's data key, wrapped by a root key; deleting it erases the citizen
    root_version smallint not null
);

create table citizen_index (
    citizen_id uuid not null,
    load_id bigint not null,
    key_version smallint not null,
    nik bytea not null,
    kk bytea not null,
    name_birth bytea not null,
    primary key (citizen_id, load_id)
);
create index citizen_index_nik on citizen_index (nik);
create index citizen_index_kk on citizen_index (kk);
create index citizen_index_name_birth on citizen_index (name_birth);
create index citizen_index_load on citizen_index using brin (load_id);

-- Whose status turns when the load becomes visible; what that ends is done in the same commit.
create table registry_turn (
    load_id bigint not null references registry_load,
    citizen_id uuid not null,
    from_status text not null,
    to_status text not null,
    survivor bytea[] not null,   -- digests of the NIK that a duplicate is merged into, by key version; else empty
    primary key (load_id, citizen_id)
);

-- Known citizens that a full load holds, from which its absences follow; emptied when the load ends.
create table registry_seen (load_id bigint not null, citizen_id uuid not null);

-- A full load without this citizen: flagged for an officer, never deleted.
create table citizen_absence (
    citizen_id uuid not null,
    load_id bigint not null references registry_load,
    primary key (citizen_id, load_id)
);
"""

PEOPLE = """
create table account (
    id uuid primary key,
    kind text not null check (kind in ('citizen', 'operator')),
    citizen_id uuid unique,
    display_name text,           -- operators only
    status text not null check (status in ('active', 'suspended', 'closed')),
    locale text not null default 'id',
    created_at timestamptz not null,
    changed_at timestamptz not null,
    check ((kind = 'citizen') = (citizen_id is not null)),
    check ((kind = 'operator') = (display_name is not null))
);

create table account_contact (
    account_id uuid not null references account,
    kind text not null check (kind in ('email', 'phone', 'name')),   -- name: an operator's sign-in name
    digest bytea not null unique,
    key_version smallint not null,
    value bytea not null,        -- sealed
    verified_at timestamptz,
    primary key (account_id, kind)
);

create table credential (
    account_id uuid not null references account,
    id uuid not null,
    kind text not null check (kind in ('password', 'totp')),
    secret bytea not null,       -- password: the argon2id text; totp: the sealed secret
    last_step bigint,            -- totp: the last accepted time step; an update that raises it claims a code
    created_at timestamptz not null,
    used_at timestamptz,
    primary key (account_id, id)
);
create unique index credential_one_password on credential (account_id) where kind = 'password';

-- Failures of one person (or of one unknown identifier, alike), whichever identifier is typed.
create table throttle (
    key bytea primary key,
    failures integer not null,
    pending integer not null,    -- of them: claimed and not judged yet
    consecutive integer not null,
    window_started_at timestamptz not null,
    window_seconds integer not null,
    blocked_until timestamptz
);

-- A browser that signed in before: it gets a counter of its own and is never a factor.
create table known_browser (
    account_id uuid not null references account,
    digest bytea not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (account_id, digest)
);

create table session (
    id uuid primary key,         -- stays here: each sector's `sid` is made of it
    account_id uuid not null references account,
    auth_time timestamptz not null,
    amr text[] not null,
    acr text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    browser bytea                -- sealed: user agent and address
);
create index session_live on session (account_id) where ended_at is null;
create index session_due on session (expires_at) where ended_at is null;

create table session_client (
    session_id uuid not null references session,
    client_id text not null,
    sub text not null,
    first_at timestamptz not null,
    primary key (session_id, client_id)
);

-- Pairwise, of citizen and sector, stored at first use and never changed (OpenID Connect Core §8.1).
create table subject (
    citizen_id uuid not null,
    sector text not null,
    sub text not null,
    key_version smallint not null,
    alias_of uuid,               -- the survivor, when this citizen turned out to be a duplicate
    created_at timestamptz not null,
    primary key (citizen_id, sector),
    unique (sector, sub)
);

create table role_permission (
    role text not null,
    permission text not null,
    primary key (role, permission)
);
insert into role_permission select role, unnest(permissions) from (values
    ('administrator', array['health.read', 'client.read', 'client.write', 'citizen.search', 'account.suspend',
        'account.end_sessions', 'registry.read', 'registry.import', 'key.read', 'key.rotate', 'audit.read',
        'operator.write']),
    ('auditor', array['health.read', 'client.read', 'registry.read', 'key.read', 'audit.read']),
    ('support', array['health.read', 'client.read', 'citizen.search', 'account.suspend', 'account.end_sessions'])
) as roles (role, permissions);

create table account_role (
    account_id uuid not null references account,
    role text not null,
    granted_by text not null,
    granted_at timestamptz not null,
    primary key (account_id, role)
);

create table enrolment (
    digest bytea primary key,    -- of the single-use link's secret
    account_id uuid not null references account,
    expires_at timestamptz not null,
    used_at timestamptz
);
"""

AGENCIES = """
create table agency (
    id text primary key,
    name_id text not null,
    name_en text not null,
    created_at timestamptz not null
);

create table purpose (
    id uuid primary key,
    agency_id text not null references agency,
    code text not null,
    version integer not null,
    title_id text not null,
    title_en text not null,
    text_id text not null,
    text_en text not null,
    legal_basis text not null
        check (legal_basis in ('CONSENT', 'CONTRACT', 'LEGAL_DUTY', 'VITAL', 'PUBLIC_TASK', 'LEGITIMATE')),
    law text not null,
    retention_days integer not null,
    essential text[] not null,   -- registry attributes that go out or the sign-in fails
    voluntary text[] not null,   -- registry attributes that the citizen may leave out
    created_at timestamptz not null,
    unique (agency_id, code, version)
);

create table client (
    id text primary key,
    agency_id text not null references agency,
    status text not null check (status in ('active', 'disabled', 'pending')),
    metadata jsonb not null,     -- RFC 7591 §2 as registered
    sector text not null,
    secret_digest bytea,         -- SHA-256
    secret_sealed bytea,         -- of methods that need the secret itself
    registration_token_digest bytea,
    secret_expires_at timestamptz,
    created_at timestamptz not null,
    changed_at timestamptz not null
);

create table client_purpose (
    client_id text not null references client on delete cascade,
    scope text not null,
    purpose_id uuid not null references purpose,
    primary key (client_id, scope)
);

create table initial_access_token (
    digest bytea primary key,
    agency_id text not null references agency,
    created_by text not null,
    expires_at timestamptz not null,
    used_at timestamptz
);

-- Clients, purposes, agencies and keys are held in memory by every worker: a change raises the version and tells them.
create table snapshot_version (name text primary key, version bigint not null);
insert into snapshot_version values ('clients', 1), ('keys', 1);
"""

GRANTS = """
create table consent (
    id uuid primary key,
    citizen_id uuid not null,
    client_id text not null,
    purpose_ids uuid[] not null,
    scope text[] not null,
    asked text[] not null,       -- registry attributes the page showed
    attributes text[] not null,  -- those of them that the citizen lets go out, essential ones included
    legal_basis text not null,
    text_version text not null,
    text_digest bytea not null,
    locale text not null,
    authorization_details jsonb, -- what the client may do beside receiving data (RFC 9396)
    granted_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text check (end_reason in ('withdrawn', 'replaced', 'registry'))
);
create unique index consent_standing on consent (citizen_id, client_id) where ended_at is null;

-- A grant is born with its authorization code, and every token leads back to it.
create table grants (
    id uuid primary key,
    client_id text not null,
    account_id uuid not null,
    citizen_id uuid not null,
    session_id uuid not null,
    consent_id uuid,
    sub text not null,
    scope text[] not null,
    attributes text[] not null,  -- registry attributes that may be released under this grant
    purpose_ids uuid[] not null,
    legal_basis text not null,
    claims jsonb,                -- the `claims` parameter (OpenID Connect Core §5.5)
    resource text[] not null default '{}',
    nonce text,
    auth_time timestamptz not null,
    acr text not null,
    amr text[] not null,
    redirect_uri text not null,
    redirect_uri_sent boolean not null,
    code_challenge text,
    grant_type text not null,    -- the one that redeems the code
    cnf jsonb,                   -- the key that code and refresh token are bound to
    authorization_details jsonb,
    code_digest bytea not null unique,
    code_expires_at timestamptz not null,
    redeemed_at timestamptz,
    refresh_generation integer,  -- the one live generation; null: no refresh token
    refreshed_at timestamptz,
    refresh_expires_at timestamptz,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoke_reason text
);
create index grants_code_expiry on grants using brin (code_expires_at);
create index grants_expiry on grants using brin (expires_at);
create index grants_account on grants (account_id) where revoked_at is null;
create index grants_citizen_client on grants (citizen_id, client_id) where revoked_at is null;

create table access_token (
    id uuid primary key,         -- the `jti`
    grant_id uuid,               -- null: client_credentials
    client_id text not null,
    scope text[] not null,
    audience text[] not null,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    cnf jsonb,                   -- the key that the token is bound to (RFC 7800 §3.1)
    authorization_details jsonb, -- null: those of the grant
    act jsonb                    -- who acts with it for the person (RFC 8693 §4.1)
);
create index access_token_grant on access_token (grant_id);
create index access_token_expiry on access_token using brin (expires_at);

create table assertion_used (
    client_id text not null,
    jti_digest bytea not null,
    expires_at timestamptz not null,
    primary key (client_id, jti_digest)
);
create index assertion_used_expiry on assertion_used using brin (expires_at);

-- What is approved elsewhere (RFC 8628, CIBA): a client polls with the code, a person answers in a browser of their own.
create table decoupled_request (
    digest bytea primary key,    -- of the code, as the grant's code_digest will be
    grant_type text not null,
    user_code bytea unique,      -- a keyed digest; null: nothing is typed
    client_id text not null,
    account_id uuid,             -- who alone may answer; null: whoever types the user code
    content bytea not null,      -- the request with what its kind keeps besides, sealed
    state text not null check (state in ('pending', 'approved', 'denied')),
    interval_seconds integer not null,
    last_poll_at timestamptz,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index decoupled_request_account on decoupled_request (account_id) where account_id is not null;
create index decoupled_request_expiry on decoupled_request using brin (expires_at);
"""

RECORDS = """
create table outbox (
    id uuid primary key,         -- the `jti` of what is delivered, the same on every try
    kind text not null check (kind in ('backchannel_logout', 'ciba_ping', 'approval_mail')),
    client_id text not null,
    payload jsonb not null,      -- ids only
    created_at timestamptz not null,
    due_at timestamptz not null,
    attempts integer not null default 0,
    delivered_at timestamptz,
    dead_at timestamptz,
    last_error text
);
create index outbox_due on outbox (due_at) where delivered_at is null and dead_at is null;

create table audit (
    id uuid not null,
    at timestamptz not null,
    actor_kind text not null check (actor_kind in ('citizen', 'operator', 'client', 'system')),
    actor text not null,
    action text not null,
    object text not null,
    detail jsonb not null,       -- ids and names of fields, never their values
    sealed bytea,                -- reason and origin
    seq bigint,
    hash bytea,
    primary key (at, id)
) partition by range (at);
create index audit_unchained on audit (at) where seq is null;
create index audit_seq on audit (seq);
create index audit_object on audit (object, at);
create index audit_actor on audit (actor, at);

create table data_use (
    id uuid not null,
    at timestamptz not null,
    citizen_id uuid not null,
    agency_id text not null,
    client_id text not null,
    grant_id uuid,
    purpose_ids uuid[] not null,
    legal_basis text not null,
    action text not null check (action in ('userinfo', 'id_token', 'operator_view', 'export', 'exchange')),
    attributes text[] not null,
    sealed bytea,                -- reason, officer's reference, origin
    hidden_until timestamptz,
    seq bigint,
    hash bytea,
    primary key (at, id)
) partition by range (at);
create index data_use_unchained on data_use (at) where seq is null;
create index data_use_seq on data_use (seq);
create index data_use_citizen on data_use (citizen_id, at desc);

create table chain_head (
    name text primary key check (name in ('audit', 'data_use')),
    seq bigint not null,
    hash bytea not null,
    at timestamptz               -- of the newest row chained last: what came after it may still be unchained
);
insert into chain_head values ('audit', 0, '\\x00'), ('data_use', 0, '\\x00');

-- Where the chain begins since its oldest days were removed at the end of their time; `seal` is a MAC of the two.
create table chain_start (
    name text primary key check (name in ('audit', 'data_use')),
    seq bigint not null,
    hash bytea not null,
    seal bytea not null
);

-- On which days there is anything about a citizen, so that reading a life's log looks at those days alone.
create table data_use_day (
    citizen_id uuid not null,
    day date not null,
    primary key (citizen_id, day)
);

create table signing_key (
    kid text primary key,
    alg text not null,
    state text not null check (state in ('next', 'active', 'retiring', 'gone')),
    public_jwk jsonb not null,
    private_sealed bytea,        -- null once gone
    created_at timestamptz not null,
    active_at timestamptz,
    retiring_at timestamptz,
    gone_at timestamptz
);
create unique index signing_key_one_active on signing_key (alg) where state = 'active';

-- The root keys that are in use, by version, to name the one that is missing instead of failing to open a record.
create table root_key (
    version smallint primary key,
    check_value bytea not null,
    created_at timestamptz not null,
    unused_since timestamptz,    -- of an older one: since when nothing is sealed or indexed with it any more
    retired_at timestamptz       -- since when nothing starts any more only because it is missing
);
"""

FUNCTIONS = """
create function snapshot_changed() returns trigger language plpgsql as $$
begin
    update snapshot_version set version = version + 1 where name = tg_argv[0];
    perform pg_notify('gapura_snapshot', tg_argv[0]);
    return null;
end $$;
create trigger client_changed after insert or update or delete on client
    for each statement execute function snapshot_changed('clients');
create trigger client_purpose_changed after insert or update or delete on client_purpose
    for each statement execute function snapshot_changed('clients');
create trigger purpose_changed after insert or update or delete on purpose
    for each statement execute function snapshot_changed('clients');
create trigger agency_changed after insert or update or delete on agency
    for each statement execute function snapshot_changed('clients');
create trigger signing_key_changed after insert or update or delete on signing_key
    for each statement execute function snapshot_changed('keys');

-- The records only grow: a row may get its place in the chain once, and nothing else ever changes.
create function append_only() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.seq is null and new.seq is not null
        and (to_jsonb(new) - 'seq' - 'hash') = (to_jsonb(old) - 'seq' - 'hash') then
        return new;
    end if;
    raise exception '% is append only', tg_table_name;
end $$;
create trigger audit_append_only before update or delete on audit for each row execute function append_only();
create trigger data_use_append_only before update or delete on data_use for each row execute function append_only();

-- Rows of a day without its partition are kept all the same; the worker makes the days ahead.
create table audit_rest partition of audit default;
create table data_use_rest partition of data_use default;
"""

VIEWS = """
-- Who an account is today: what every decision about a person reads (see flow/can_authenticate.py).
create view person as
select a.id as account_id, a.kind, a.status as account_status, a.locale, a.citizen_id, c.status as citizen_status
from account a
left join lateral (
    select v.status
    from citizen_version v join registry_load l on l.id = v.load_id and l.state = 'visible'
    where v.citizen_id = a.citizen_id
    order by v.load_id desc
    limit 1
) c on true;
"""

PARTITIONS = 16


def upgrade() -> None:
    for part in (REGISTRY, PEOPLE, AGENCIES, GRANTS, RECORDS, FUNCTIONS, VIEWS):
        op.execute(part)
    for remainder in range(PARTITIONS):
        op.execute(
            f"create table citizen_version_{remainder:02} partition of citizen_version "
            f"for values with (modulus {PARTITIONS}, remainder {remainder})"
        )


def downgrade() -> None:
    raise RuntimeError("there is nothing before the house; restore a backup instead")
