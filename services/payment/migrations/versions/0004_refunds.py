"""Refunds by line, requests that are repeated, and the ledger."""

import sqlalchemy as sa
from alembic import op

from services.chassis import ids, schema

revision = "0004"
down_revision = "0003"

REFUNDS = """
alter table payments add column lines jsonb not null default '[]';
comment on column payments.lines is 'what was bought: units and what they cost in all, in minor units';
alter table refunds add column reason text not null default '', add column lines jsonb not null default '[]';
comment on column refunds.reason is 'in the words of staff';
comment on column refunds.lines is 'units that it pays back, and what for, in minor units';
"""

LEDGER = """
create table ledger_entries (
    id uuid primary key,
    transaction_id uuid not null,
    payment_id uuid not null references payments (id),
    kind text not null,
    subject text not null,
    account text not null,
    amount bigint not null,
    currency text not null,
    entry_time timestamptz not null,
    constraint ledger_entries_amount check (amount <> 0),
    constraint ledger_entries_kind check (kind in ('CAPTURE', 'REFUND', 'DISPUTE')),
    constraint ledger_entries_account check (account in ('PROVIDER', 'ORDERS', 'RETURNS', 'DISPUTES'))
);
create index ledger_entries_transaction_id on ledger_entries (transaction_id);
create index ledger_entries_payment_id on ledger_entries (payment_id);
create unique index ledger_entries_once on ledger_entries (subject, account, currency, amount)
    where kind <> 'DISPUTE';
comment on table ledger_entries is
    'what moved, for ever: triggers refuse to change it and what does not sum to zero';
comment on column ledger_entries.transaction_id is 'its entries sum to zero in each currency';
comment on column ledger_entries.subject is 'the attempt, refund or dispute that moved it';
comment on column ledger_entries.amount is 'minor units';
"""

RULES = """
create function ledger_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'entries of the ledger never change' using errcode = 'restrict_violation';
end $$;
create trigger ledger_append_only before update or delete or truncate on ledger_entries
    for each statement execute function ledger_refuse_change();

create function ledger_check_sum() returns trigger language plpgsql as $$
begin
    if exists (
        select from ledger_entries where transaction_id = new.transaction_id
        group by currency having sum(amount) <> 0
    ) then
        raise exception 'the entries of % do not sum to zero', new.transaction_id using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger ledger_sums_to_zero after insert on ledger_entries
    deferrable initially deferred for each row execute function ledger_check_sum();
"""


CAPTURES = """
select id, payment_id, captured_amount as amount, captured_currency as currency,
    case verdict when 'COUNTED' then 'ORDERS' else 'RETURNS' end as account
from attempts where captured_amount is not null
"""
REFUNDED = """
select refunds.id, refunds.payment_id, -amount as amount, currency,
    case verdict when 'COUNTED' then 'ORDERS' else 'RETURNS' end as account
from refunds join attempts on attempts.id = attempt_id where refunds.state = 'SUCCEEDED'
"""
DISPUTED = """
select id, payment_id, -amount as amount, currency, 'DISPUTES' as account
from disputes where status <> 'won' and status not like 'warning\\_%'
"""
ENTRY = sa.text(
    """insert into ledger_entries
       values (:id, :transaction_id, :payment_id, :kind, :subject, :account, :amount, :currency, now())"""
)


def enter(kind: str, prefix: str, moved: str) -> None:
    """Enters what moved before there was a ledger."""
    for row in op.get_bind().execute(sa.text(moved)).mappings().all():
        subject = ids.text(prefix, row["id"]) if prefix else row["id"]
        values = {"transaction_id": ids.new_uuid(), "kind": kind, "subject": subject, **row}
        for account, sign in (("PROVIDER", 1), (row["account"], -1)):
            entry = {"id": ids.new_uuid(), "account": account, "amount": sign * row["amount"]}
            op.get_bind().execute(ENTRY, values | entry)


def upgrade() -> None:
    schema.requests_v1()
    op.execute(REFUNDS)
    op.execute(LEDGER)
    enter("CAPTURE", "att", CAPTURES)
    enter("REFUND", "ref", REFUNDED)
    enter("DISPUTE", "", DISPUTED)
    op.execute(RULES)
