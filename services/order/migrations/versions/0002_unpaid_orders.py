"""What each buyer has ordered and not yet paid; orders of before count as nobody's."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
create table unpaid_orders (
    order_id uuid primary key references order_streams (order_id),
    buyer bytea not null,
    units integer not null constraint unpaid_orders_units check (units > 0)
);
comment on table unpaid_orders is 'one row for each order while it is PLACED';
comment on column unpaid_orders.buyer is 'SHA-256 of the user''s id, for a guest of the e-mail address';
create index unpaid_orders_buyer on unpaid_orders (buyer);
"""


def upgrade() -> None:
    op.execute(TABLES)
