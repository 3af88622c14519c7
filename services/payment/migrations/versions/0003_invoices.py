"""Invoices and credit notes: numbered without a gap, never changed."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
create table invoice_series (
    name text primary key,
    last_number bigint not null,
    last_issue_time timestamptz not null
);
comment on table invoice_series is 'the row is locked from the taking of a number to its commit: no number is lost';
comment on column invoice_series.name is 'kind, year and, after a restore, incarnation';
create table invoices (
    id uuid primary key,
    order_id uuid not null references payments (order_id),
    kind text not null,
    series text not null references invoice_series (name),
    series_number bigint not null,
    number text not null,
    refund_id uuid references refunds (id),
    corrects text,
    total bigint not null,
    currency text not null,
    content jsonb not null,
    issue_time timestamptz not null,
    constraint invoices_series_number unique (series, series_number),
    constraint invoices_number unique (number),
    constraint invoices_refund_id unique (refund_id),
    constraint invoices_kind check (kind in ('INVOICE', 'CREDIT_NOTE')),
    constraint invoices_refund check ((kind = 'CREDIT_NOTE') = (refund_id is not null)),
    constraint invoices_corrects check ((kind = 'CREDIT_NOTE') = (corrects is not null)),
    foreign key (corrects) references invoices (number)
);
create unique index invoices_one_of_order on invoices (order_id) where kind = 'INVOICE';
create index invoices_order_id on invoices (order_id, id);
comment on column invoices.refund_id is 'what a credit note credits';
comment on column invoices.corrects is 'the invoice that a credit note takes back from';
comment on column invoices.total is 'minor units';
comment on column invoices.content is 'all that stands in it; kept as long as tax law says';
create table invoice_files (
    invoice_id uuid primary key references invoices (id),
    content bytea not null,
    sha256 bytea not null,
    render_time timestamptz not null
);
comment on column invoice_files.content is 'PDF/A-3a, PDF/UA-1';
"""

# What the code does right anyway, the database refuses to have otherwise.
RULES = """
create function invoices_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % never change', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger invoices_immutable before update or delete or truncate on invoices
    for each statement execute function invoices_refuse_change();
create trigger invoice_files_immutable before update or delete or truncate on invoice_files
    for each statement execute function invoices_refuse_change();
create trigger invoice_series_kept before delete or truncate on invoice_series
    for each statement execute function invoices_refuse_change();

create function invoices_follow() returns trigger language plpgsql as $$
begin
    if new.series_number <> 1 and not exists (
        select from invoices where series = new.series and series_number = new.series_number - 1
    ) then
        raise exception 'invoice % leaves a gap', new.number using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger invoices_gapless before insert on invoices for each row execute function invoices_follow();
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(RULES)
