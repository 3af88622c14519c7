"""All of the chassis's tables, and one of the tests' own."""

from alembic import op

from services.chassis import schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    schema.state_v1()
    schema.state_v2()
    schema.outbox_v1()
    schema.inbox_v1()
    schema.tasks_v1()
    schema.requests_v1()
    op.execute("create table effects (name text not null, at timestamptz not null default clock_timestamp())")
