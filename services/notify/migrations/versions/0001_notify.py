"""Deliveries."""

from alembic import op

from services.chassis import schema

revision = "0001"
down_revision = None

DELIVERIES = """
create table deliveries (
    id uuid primary key,
    event_id uuid not null,
    template text not null,
    recipient text not null,
    display_name text not null,
    locale text not null,
    subject_id text not null,
    subject text not null,
    payload jsonb not null,
    message_id text not null unique,
    state text not null,
    attempts integer not null,
    last_error text not null,
    create_time timestamptz not null,
    send_time timestamptz
);
comment on column deliveries.recipient is 'empty once erased, as are display_name and payload';
comment on column deliveries.message_id is 'made of event, template and recipient: what keeps a message from going out twice';
create index deliveries_create_time on deliveries (create_time desc, id desc);
create index deliveries_subject_id on deliveries (subject_id, create_time desc, id desc);
create index deliveries_unfinished on deliveries (state, create_time desc, id desc) where state <> 'SENT';
"""


def upgrade() -> None:
    schema.state_v1()
    schema.outbox_v1()
    schema.inbox_v1()
    schema.tasks_v1()
    op.execute(DELIVERIES)
