"""Streams, contacts, placements."""

from alembic import op

from services.chassis import schema

revision = "0001"
down_revision = None

TABLES = """
create table order_streams (
    order_id uuid primary key,
    version integer not null,
    state text not null,
    state_time timestamptz not null,
    expire_time timestamptz not null
);
comment on column order_streams.version is 'count of the stream''s events; the row is the stream''s lock';
comment on column order_streams.state is 'what the events fold to, for whoever looks for stuck orders';
comment on column order_streams.state_time is 'when it came to this state';
create index order_streams_placed on order_streams (expire_time) where state = 'PLACED';
create index order_streams_paid on order_streams (state_time) where state = 'PAID';
create table order_events (
    order_id uuid not null references order_streams (order_id),
    version integer not null constraint order_events_version check (version > 0),
    type text not null,
    payload bytea not null,
    cause_id text not null,
    index integer not null,
    primary key (order_id, version),
    constraint order_events_cause unique (order_id, cause_id, index)
);
comment on column order_events.type is 'name of the message in shopmesh.order.internal.v1';
comment on column order_events.cause_id is 'rpc:<method>:<scope>:<request id>, event:<id> or task:<id>';
comment on column order_events.index is 'place among the events of the same cause';
create table order_contacts (
    id uuid primary key,
    order_id uuid not null unique references order_streams (order_id),
    email text,
    display_name text,
    locale text,
    shipping_address jsonb,
    cancel_reason text
);
comment on column order_contacts.email is 'this and all below: personal data, null once erased';
comment on column order_contacts.cancel_reason is 'in the words of whoever called the order off';
create table placements (
    scope text not null,
    request_id uuid not null,
    body_hash bytea not null,
    order_id uuid not null unique,
    status text not null constraint placements_status check (status in ('OPEN', 'PLACED', 'REFUSED', 'ABANDONED')),
    refusal bytea,
    create_time timestamptz not null,
    primary key (scope, request_id)
);
comment on column placements.scope is 'user id or id of a guest''s cart';
comment on column placements.refusal is 'google.rpc.Status, where REFUSED';
create index placements_create_time on placements (create_time);
"""


def upgrade() -> None:
    schema.state_v1()
    schema.outbox_v1()
    schema.inbox_v1()
    schema.tasks_v1()
    schema.requests_v1()
    op.execute(TABLES)
