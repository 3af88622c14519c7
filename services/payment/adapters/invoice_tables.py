"""The tables of invoices; their rows are added and never change, which triggers of the migration see to."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID

from services.payment.adapters.tables import metadata

_ID = UUID(as_uuid=True)
_TIME = TIMESTAMP(timezone=True)

invoice_series = Table(
    "invoice_series",
    metadata,
    Column("name", Text, primary_key=True, comment="kind, year and, after a restore, incarnation"),
    Column("last_number", BigInteger, nullable=False),
    Column("last_issue_time", _TIME, nullable=False),
    comment="the row is locked from the taking of a number to its commit: no number is lost",
)

invoices = Table(
    "invoices",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("order_id", _ID, ForeignKey("payments.order_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("series", Text, ForeignKey("invoice_series.name"), nullable=False),
    Column("series_number", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("refund_id", _ID, ForeignKey("refunds.id"), comment="what a credit note credits"),
    Column("corrects", Text, ForeignKey("invoices.number"), comment="the invoice that a credit note takes back from"),
    Column("total", BigInteger, nullable=False, comment="minor units"),
    Column("currency", Text, nullable=False),
    Column("content", JSONB, nullable=False, comment="all that stands in it; kept as long as tax law says"),
    Column("issue_time", _TIME, nullable=False),
    UniqueConstraint("series", "series_number", name="invoices_series_number"),
    UniqueConstraint("number", name="invoices_number"),
    UniqueConstraint("refund_id", name="invoices_refund_id"),
    CheckConstraint("kind in ('INVOICE', 'CREDIT_NOTE')", name="invoices_kind"),
    CheckConstraint("(kind = 'CREDIT_NOTE') = (refund_id is not null)", name="invoices_refund"),
    CheckConstraint("(kind = 'CREDIT_NOTE') = (corrects is not null)", name="invoices_corrects"),
    Index("invoices_one_of_order", "order_id", unique=True, postgresql_where=sql("kind = 'INVOICE'")),
    Index("invoices_order_id", "order_id", "id"),
)

invoice_files = Table(
    "invoice_files",
    metadata,
    Column("invoice_id", _ID, ForeignKey("invoices.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False, comment="PDF/A-3a, PDF/UA-1"),
    Column("sha256", LargeBinary, nullable=False),
    Column("render_time", _TIME, nullable=False),
)
