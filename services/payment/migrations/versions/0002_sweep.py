"""How far Stripe's list of events was read."""

from alembic import op

revision = "0002"
down_revision = "0001"

SWEEP = """
create table sweep (
    singleton boolean primary key default true constraint sweep_singleton check (singleton),
    read_until timestamptz not null,
    begin_time timestamptz,
    after text not null
);
comment on table sweep is 'how far Stripe''s list of events was read; one row';
comment on column sweep.begin_time is 'of the sweep under way';
comment on column sweep.after is 'id of the last event that the sweep under way has read';
"""


def upgrade() -> None:
    op.execute(SWEEP)
    op.execute("delete from tasks where kind = 'reconcile'")  # there are two tasks of other names in its place
