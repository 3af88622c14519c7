"""Users, credentials, sessions, signing keys."""

from alembic import op

from services.chassis import schema

revision = "0001"
down_revision = None

TABLES = """
create table users (
    id uuid primary key,
    email text not null unique,
    display_name text not null,
    locale text not null,
    roles text[] not null,
    version integer not null,
    create_time timestamptz not null
);
comment on column users.email is 'in lower case';
create table credentials (
    user_id uuid primary key references users (id) on delete cascade,
    password_hash text not null
);
comment on column credentials.password_hash is 'argon2id, with its parameters and salt';
create table sessions (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    create_time timestamptz not null,
    expire_time timestamptz not null,
    end_time timestamptz,
    end_reason text not null default ''
);
comment on column sessions.expire_time is 'when its last token ends';
comment on column sessions.end_time is 'set where it was ended before';
create index sessions_user_id on sessions (user_id);
create index sessions_expire_time on sessions (expire_time);
create table refresh_tokens (
    token_hash bytea primary key,
    session_id uuid not null references sessions (id) on delete cascade,
    create_time timestamptz not null,
    expire_time timestamptz not null,
    first_use_time timestamptz
);
comment on column refresh_tokens.token_hash is 'SHA-256';
create index refresh_tokens_session_id on refresh_tokens (session_id);
create index refresh_tokens_expire_time on refresh_tokens (expire_time);
create table failed_log_ins (
    email_hash bytea primary key,
    failures integer not null,
    since timestamptz not null
);
comment on column failed_log_ins.email_hash is 'SHA-256: nobody''s address is kept for a typing error';
create table signing_keys (
    id text primary key,
    public_jwk jsonb not null,
    private_key bytea not null,
    activate_time timestamptz not null,
    retire_time timestamptz
);
comment on column signing_keys.id is 'kid';
comment on column signing_keys.private_key is 'PKCS 8, AES-GCM: nonce, then ciphertext; bound to the kid';
"""


def upgrade() -> None:
    schema.state_v1()
    schema.outbox_v1()
    schema.tasks_v1()
    op.execute(TABLES)
