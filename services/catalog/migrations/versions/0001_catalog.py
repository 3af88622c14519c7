"""Categories, products, variants, prices, stock, reservations."""

from alembic import op

from services.chassis import schema

revision = "0001"
down_revision = None

PRODUCTS = """
create table categories (
    id uuid primary key,
    slug text not null unique,
    title text not null,
    parent_id uuid references categories (id),
    create_time timestamptz not null
);
comment on column categories.parent_id is 'null at the top of the tree';
create index categories_parent_id on categories (parent_id);
create table products (
    id uuid primary key,
    slug text not null unique,
    title text not null,
    short_description text not null,
    description text not null,
    image_urls text[] not null,
    category_id uuid references categories (id),
    options jsonb not null,
    state text not null constraint products_state check (state in ('ACTIVE', 'ARCHIVED')),
    version bigint not null,
    create_time timestamptz not null,
    update_time timestamptz not null
);
comment on column products.id is 'UUIDv7, so that it sorts by creation';
comment on column products.options is '[[name, [value, ...]], ...] in the order shown';
comment on column products.version is 'counts changes from 1, stock aside';
create index products_active on products (id) where state = 'ACTIVE';
create index products_category_id on products (category_id, id);
create table variants (
    id uuid primary key,
    product_id uuid not null references products (id),
    position integer not null,
    sku text not null unique deferrable initially immediate,
    option_values jsonb not null,
    withdrawn boolean not null
);
comment on column variants.option_values is '[[name, value], ...] in the order of the options';
comment on column variants.withdrawn is 'no longer sold; orders of the past point at it';
create index variants_product_id on variants (product_id);
create table prices (
    variant_id uuid references variants (id),
    currency text,
    amount bigint not null constraint prices_amount check (amount >= 0),
    primary key (variant_id, currency)
);
comment on column prices.currency is 'ISO 4217';
comment on column prices.amount is 'minor units';
"""

STOCK = """
create table stock (
    variant_id uuid primary key references variants (id),
    received bigint not null,
    free bigint not null,
    reserved bigint not null,
    sold bigint not null,
    version bigint not null,
    constraint stock_adds_up check (received = free + reserved + sold),
    constraint stock_not_negative check (received >= 0 and free >= 0 and reserved >= 0 and sold >= 0)
) with (fillfactor = 50);
comment on column stock.received is 'ever came in, less what was taken away';
comment on column stock.version is 'counts changes from 1';
create table reservations (
    order_id uuid primary key,
    state text not null
        constraint reservations_state check (state in ('RESERVED', 'SOLD', 'LAPSED', 'RELEASED')),
    expire_time timestamptz not null,
    create_time timestamptz not null,
    update_time timestamptz not null
);
comment on column reservations.expire_time is 'when it lapses, while it is RESERVED';
create index reservations_expire_time on reservations (expire_time) where state = 'RESERVED';
create table reservation_lines (
    order_id uuid references reservations (order_id),
    variant_id uuid,
    quantity integer not null constraint reservation_lines_quantity check (quantity > 0),
    primary key (order_id, variant_id)
);
create table stock_changes (
    variant_id uuid,
    version bigint,
    received bigint not null,
    free bigint not null,
    reserved bigint not null,
    sold bigint not null,
    reason text not null,
    order_id uuid,
    create_time timestamptz not null,
    primary key (variant_id, version)
);
comment on column stock_changes.version is 'of the stock after the change';
comment on column stock_changes.order_id is 'null where staff changed it';
"""


def upgrade() -> None:
    schema.state_v1()
    schema.outbox_v1()
    schema.tasks_v1()
    schema.requests_v1()
    op.execute(PRODUCTS)
    op.execute(STOCK)
