"""Payments, attempts, refunds, obligations, notices."""

from alembic import op

from services.chassis import schema

revision = "0001"
down_revision = None

PAYMENTS = """
create table payments (
    id uuid primary key,
    order_id uuid not null unique,
    user_id uuid,
    order_token_hash bytea not null,
    flow text not null,
    state text not null,
    amount bigint not null,
    currency text not null,
    expire_time timestamptz not null,
    traceparent text not null,
    version bigint not null,
    create_time timestamptz not null,
    update_time timestamptz not null,
    constraint payments_state check (state in ('OPEN', 'CLOSING', 'SUCCEEDED', 'CLOSED'))
);
create index payments_unfinished on payments (update_time) where state in ('OPEN', 'CLOSING');
comment on column payments.amount is 'minor units';
comment on column payments.traceparent is 'of the purchase; processing goes on in it';
create table payment_contacts (
    payment_id uuid primary key references payments (id),
    email text not null,
    display_name text not null,
    locale text not null
);
comment on table payment_contacts is 'personal data: deleted where it has to be, events are then without it';
create table tombstones (
    order_id uuid primary key,
    create_time timestamptz not null
);
comment on table tombstones is 'orders closed before their payment was created';
"""

ATTEMPTS = """
create table attempts (
    id uuid primary key,
    payment_id uuid not null references payments (id),
    number integer not null,
    kind text not null,
    state text not null,
    found boolean not null,
    body bytea not null,
    first_sent_time timestamptz not null,
    provider_id text,
    intent_id text,
    checkout_url text not null,
    captured_amount bigint,
    captured_currency text,
    verdict text,
    refusal text not null,
    constraint attempts_number unique (payment_id, number),
    constraint attempts_provider_id unique (provider_id),
    constraint attempts_intent_id unique (intent_id),
    constraint attempts_verdict check ((state = 'CAPTURED') = (verdict is not null))
);
create unique index attempts_one_live on attempts (payment_id) where state in ('SENT', 'LIVE') and not found;
comment on column attempts.found is 'whether it was found at Stripe, not begun here';
comment on column attempts.body is 'the request as first sent; empty once its outcome is known';
create table declines (
    payment_id uuid not null references payments (id),
    reference text not null,
    code text not null,
    message text not null,
    decline_time timestamptz not null,
    primary key (payment_id, reference)
);
"""

REFUNDS = """
create table refunds (
    id uuid primary key,
    payment_id uuid not null references payments (id),
    number integer not null,
    attempt_id uuid not null references attempts (id),
    amount bigint not null,
    currency text not null,
    cause text not null,
    state text not null,
    body bytea not null,
    provider_id text,
    failure text not null,
    create_time timestamptz not null,
    constraint refunds_number unique (payment_id, number),
    constraint refunds_provider_id unique (provider_id),
    constraint refunds_amount check (amount > 0)
);
create table disputes (
    id text primary key,
    payment_id uuid not null references payments (id),
    attempt_id uuid not null references attempts (id),
    amount bigint not null,
    currency text not null,
    status text not null
);
create index disputes_payment_id on disputes (payment_id);
create table obligations (
    order_id uuid not null,
    cause text not null,
    create_time timestamptz not null,
    fulfil_time timestamptz,
    primary key (order_id, cause)
);
comment on column obligations.fulfil_time is 'when all had arrived; null again where a refund failed afterwards';
"""

NOTICES = """
create table notices (
    id text primary key,
    type text not null,
    event jsonb not null,
    state text not null,
    receive_time timestamptz not null,
    handle_time timestamptz
);
create index notices_receive_time on notices (receive_time);
create table unknown_captures (
    intent_id text primary key,
    payment_id text not null,
    amount bigint not null,
    currency text not null,
    find_time timestamptz not null
);
comment on table unknown_captures is 'money at Stripe for payments that are not here: for staff to refund';
"""


def upgrade() -> None:
    schema.state_v1()
    schema.outbox_v1()
    schema.inbox_v1()
    schema.tasks_v1()
    for statements in (PAYMENTS, ATTEMPTS, REFUNDS, NOTICES):
        op.execute(statements)
