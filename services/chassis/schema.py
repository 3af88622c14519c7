"""The chassis's own tables, as versioned functions that each service's migrations call. A published one never changes."""

from alembic import op

STATE_V1 = """
create table chassis_state (
    singleton boolean primary key default true check (singleton),
    incarnation integer not null default 1
);
insert into chassis_state default values;
comment on table chassis_state is 'One row: the incarnation rises with a restore and leads every ce_sequence.';
"""

STATE_V2 = """
alter table chassis_state add column topic_prefix text;
comment on column chassis_state.topic_prefix is 'Of the only topics it goes with; null before the first restore.';
"""

OUTBOX_V1 = """
create table outbox (
    event_id uuid primary key,
    topic text not null,
    key text not null,
    version bigint not null,
    incarnation integer not null,
    type text not null,
    headers jsonb not null,
    payload bytea not null,
    create_time timestamptz not null,
    publish_time timestamptz
);
create index outbox_unpublished on outbox (event_id) where publish_time is null;
create index outbox_unpublished_keys on outbox (key, incarnation, version) where publish_time is null;
create index outbox_published on outbox (publish_time) where publish_time is not null;
"""

LEASES_V1 = """
create table leases (
    name text primary key,
    epoch bigint not null,
    holder text not null,
    expire_time timestamptz not null
);
"""

INBOX_V1 = """
create table inbox (
    consumer_group text not null,
    event_id uuid not null,
    create_time timestamptz not null default now(),
    primary key (consumer_group, event_id)
);
create index inbox_create_time on inbox (create_time);
create table parked (
    consumer_group text not null,
    key text not null,
    position bigint not null,
    event_id uuid not null,
    topic text not null,
    headers jsonb not null,
    payload bytea not null,
    error text not null,
    create_time timestamptz not null default now(),
    primary key (consumer_group, key, position),
    unique (consumer_group, event_id)
);
"""

TASKS_V1 = """
create table tasks (
    kind text not null,
    key text not null,
    payload jsonb not null,
    traceparent text not null,
    due_time timestamptz not null,
    attempts integer not null default 0,
    revision bigint not null default 1,
    lease_id uuid,
    last_error text not null default '',
    create_time timestamptz not null default now(),
    primary key (kind, key)
);
create index tasks_due on tasks (due_time);
"""

REQUESTS_V1 = """
create table requests (
    scope text not null,
    method text not null,
    request_id uuid not null,
    body_hash bytea not null,
    code text not null default '',
    answer bytea not null default '',
    create_time timestamptz not null default now(),
    primary key (scope, method, request_id)
);
create index requests_create_time on requests (create_time);
"""


def state_v1() -> None:
    """The installation's incarnation."""
    op.execute(STATE_V1)


def state_v2() -> None:
    """The topics that a restored database goes with; needs ``state_v1``."""
    op.execute(STATE_V2)


def outbox_v1() -> None:
    """Events to publish, with the relay's lease; needs ``state_v1``."""
    op.execute(OUTBOX_V1)
    op.execute(LEASES_V1)


def inbox_v1() -> None:
    """Events already handled, and those parked behind a poison one."""
    op.execute(INBOX_V1)


def tasks_v1() -> None:
    """Steps that follow a commit."""
    op.execute(TASKS_V1)


def requests_v1() -> None:
    """Answers of mutating methods by request id."""
    op.execute(REQUESTS_V1)
