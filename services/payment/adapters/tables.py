"""Payment's tables; the chassis's own are made by the migrations."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID

metadata = MetaData()
_ID = UUID(as_uuid=True)
_TIME = TIMESTAMP(timezone=True)


def _payment_id(primary_key: bool = False) -> Column[object]:
    return Column("payment_id", _ID, ForeignKey("payments.id"), nullable=False, primary_key=primary_key)


payments = Table(
    "payments",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("order_id", _ID, nullable=False, unique=True),
    Column("user_id", _ID, comment="null for a guest"),
    Column("order_token_hash", LargeBinary, nullable=False, comment="SHA-256"),
    Column("flow", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("amount", BigInteger, nullable=False, comment="minor units"),
    Column("currency", Text, nullable=False, comment="ISO 4217"),
    Column("expire_time", _TIME, nullable=False, comment="for the customer to see"),
    Column("traceparent", Text, nullable=False, comment="of the purchase; processing goes on in it"),
    Column("lines", JSONB, nullable=False, comment="what was bought: units and what they cost in all, in minor units"),
    Column("version", BigInteger, nullable=False, comment="counts published events"),
    Column("create_time", _TIME, nullable=False),
    Column("update_time", _TIME, nullable=False),
    CheckConstraint("state in ('OPEN', 'CLOSING', 'SUCCEEDED', 'CLOSED')", name="payments_state"),
    Index("payments_unfinished", "update_time", postgresql_where=text("state in ('OPEN', 'CLOSING')")),
)

payment_contacts = Table(
    "payment_contacts",
    metadata,
    _payment_id(primary_key=True),
    Column("email", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    comment="personal data: deleted where it has to be, events are then without it",
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("order_id", _ID, primary_key=True),
    Column("create_time", _TIME, nullable=False),
    comment="orders closed before their payment was created",
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", _ID, primary_key=True),
    _payment_id(),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("found", Boolean, nullable=False, comment="whether it was found at Stripe, not begun here"),
    Column("body", LargeBinary, nullable=False, comment="the request as first sent; empty once its outcome is known"),
    Column("first_sent_time", _TIME, nullable=False),
    Column("provider_id", Text, comment="of the session or intent"),
    Column("intent_id", Text),
    Column("checkout_url", Text, nullable=False),
    Column("captured_amount", BigInteger, comment="minor units"),
    Column("captured_currency", Text),
    Column("verdict", Text),
    Column("refusal", Text, nullable=False, comment="why Stripe would not make it"),
    UniqueConstraint("payment_id", "number", name="attempts_number"),
    UniqueConstraint("provider_id", name="attempts_provider_id"),
    UniqueConstraint("intent_id", name="attempts_intent_id"),
    CheckConstraint("(state = 'CAPTURED') = (verdict is not null)", name="attempts_verdict"),
    Index(
        "attempts_one_live",
        "payment_id",
        unique=True,
        postgresql_where=text("state in ('SENT', 'LIVE') and not found"),
    ),
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", _ID, primary_key=True),
    _payment_id(),
    Column("number", Integer, nullable=False),
    Column("attempt_id", _ID, ForeignKey("attempts.id"), nullable=False),
    Column("amount", BigInteger, nullable=False, comment="minor units"),
    Column("currency", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="the request as first sent; empty once its outcome is known"),
    Column("provider_id", Text),
    Column("failure", Text, nullable=False),
    Column("reason", Text, nullable=False, comment="in the words of staff"),
    Column("lines", JSONB, nullable=False, comment="units that it pays back, and what for, in minor units"),
    Column("create_time", _TIME, nullable=False),
    UniqueConstraint("payment_id", "number", name="refunds_number"),
    UniqueConstraint("provider_id", name="refunds_provider_id"),
    CheckConstraint("amount > 0", name="refunds_amount"),
)

disputes = Table(
    "disputes",
    metadata,
    Column("id", Text, primary_key=True, comment="Stripe's"),
    _payment_id(),
    Column("attempt_id", _ID, ForeignKey("attempts.id"), nullable=False),
    Column("amount", BigInteger, nullable=False, comment="minor units"),
    Column("currency", Text, nullable=False),
    Column("status", Text, nullable=False),
    Index("disputes_payment_id", "payment_id"),
)

declines = Table(
    "declines",
    metadata,
    _payment_id(primary_key=True),
    Column("reference", Text, primary_key=True, comment="names one try at Stripe"),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("decline_time", _TIME, nullable=False),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("transaction_id", _ID, nullable=False, comment="its entries sum to zero in each currency"),
    _payment_id(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="the attempt, refund or dispute that moved it"),
    Column("account", Text, nullable=False),
    Column("amount", BigInteger, nullable=False, comment="minor units"),
    Column("currency", Text, nullable=False),
    Column("entry_time", _TIME, nullable=False),
    CheckConstraint("amount <> 0", name="ledger_entries_amount"),
    CheckConstraint("kind in ('CAPTURE', 'REFUND', 'DISPUTE')", name="ledger_entries_kind"),
    CheckConstraint("account in ('PROVIDER', 'ORDERS', 'RETURNS', 'DISPUTES')", name="ledger_entries_account"),
    Index("ledger_entries_transaction_id", "transaction_id"),
    Index("ledger_entries_payment_id", "payment_id"),
    Index(
        "ledger_entries_once",
        *("subject", "account", "currency", "amount"),
        unique=True,
        postgresql_where=text("kind <> 'DISPUTE'"),
    ),
    comment="what moved, for ever: triggers refuse to change it and what does not sum to zero",
)

obligations = Table(
    "obligations",
    metadata,
    Column("order_id", _ID, primary_key=True),
    Column("cause", Text, primary_key=True),
    Column("create_time", _TIME, nullable=False),
    Column("fulfil_time", _TIME, comment="when all of it had arrived; null again where a refund failed afterwards"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True, comment="of Stripe's event"),
    Column("type", Text, nullable=False),
    Column("event", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("receive_time", _TIME, nullable=False),
    Column("handle_time", _TIME),
    Index("notices_receive_time", "receive_time"),
)

sweep = Table(
    "sweep",
    metadata,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("read_until", _TIME, nullable=False),
    Column("begin_time", _TIME, comment="of the sweep under way"),
    Column("after", Text, nullable=False, comment="id of the last event that the sweep under way has read"),
    CheckConstraint("singleton", name="sweep_singleton"),
    comment="how far Stripe's list of events was read; one row",
)

unknown_captures = Table(
    "unknown_captures",
    metadata,
    Column("intent_id", Text, primary_key=True),
    Column("payment_id", Text, nullable=False, comment="as Stripe has it"),
    Column("amount", BigInteger, nullable=False, comment="minor units"),
    Column("currency", Text, nullable=False),
    Column("find_time", _TIME, nullable=False),
    comment="money at Stripe for payments that are not here: for staff to refund",
)
