"""Catalog's tables; the chassis's own are made by the migrations."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, UUID

metadata = MetaData()
_ID = UUID(as_uuid=True)
_TIME = TIMESTAMP(timezone=True)

categories = Table(
    "categories",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("parent_id", _ID, ForeignKey("categories.id"), comment="null at the top of the tree"),
    Column("create_time", _TIME, nullable=False),
    Index("categories_parent_id", "parent_id"),
)

products = Table(
    "products",
    metadata,
    Column("id", _ID, primary_key=True, comment="UUIDv7, so that it sorts by creation"),
    Column("slug", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("short_description", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("image_urls", ARRAY(Text), nullable=False),
    Column("category_id", _ID, ForeignKey("categories.id")),
    Column("options", JSONB, nullable=False, comment="[[name, [value, ...]], ...] in the order shown"),
    Column("state", Text, nullable=False),
    Column("version", BigInteger, nullable=False, comment="counts changes from 1, stock aside"),
    Column("create_time", _TIME, nullable=False),
    Column("update_time", _TIME, nullable=False),
    CheckConstraint("state in ('ACTIVE', 'ARCHIVED')", name="products_state"),
    Index("products_active", "id", postgresql_where=text("state = 'ACTIVE'")),
    Index("products_category_id", "category_id", "id"),
)

variants = Table(
    "variants",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("product_id", _ID, ForeignKey("products.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("sku", Text, nullable=False),
    Column("option_values", JSONB, nullable=False, comment="[[name, value], ...] in the order of the options"),
    Column("withdrawn", Boolean, nullable=False, comment="no longer sold; orders of the past point at it"),
    UniqueConstraint("sku", name="variants_sku_key", deferrable=True, initially="IMMEDIATE"),
    Index("variants_product_id", "product_id"),
)

prices = Table(
    "prices",
    metadata,
    Column("variant_id", _ID, ForeignKey("variants.id"), primary_key=True),
    Column("currency", Text, primary_key=True, comment="ISO 4217"),
    Column("amount", BigInteger, nullable=False, comment="minor units"),
    CheckConstraint("amount >= 0", name="prices_amount"),
)

stock = Table(
    "stock",
    metadata,
    Column("variant_id", _ID, ForeignKey("variants.id"), primary_key=True),
    Column("received", BigInteger, nullable=False, comment="ever came in, less what was taken away"),
    Column("free", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("sold", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False, comment="counts changes from 1"),
    CheckConstraint("received = free + reserved + sold", name="stock_adds_up"),
    CheckConstraint("received >= 0 and free >= 0 and reserved >= 0 and sold >= 0", name="stock_not_negative"),
)

reservations = Table(
    "reservations",
    metadata,
    Column("order_id", _ID, primary_key=True),
    Column("state", Text, nullable=False),
    Column("expire_time", _TIME, nullable=False, comment="when it lapses, while it is RESERVED"),
    Column("create_time", _TIME, nullable=False),
    Column("update_time", _TIME, nullable=False),
    CheckConstraint("state in ('RESERVED', 'SOLD', 'LAPSED', 'RELEASED')", name="reservations_state"),
    Index("reservations_expire_time", "expire_time", postgresql_where=text("state = 'RESERVED'")),
)

# Variants are never deleted and the statement that inserts has just locked their stock, so a foreign key on variant_id
# would prove nothing and lock a second row for each line.
reservation_lines = Table(
    "reservation_lines",
    metadata,
    Column("order_id", _ID, ForeignKey("reservations.order_id"), primary_key=True),
    Column("variant_id", _ID, primary_key=True),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity > 0", name="reservation_lines_quantity"),
)

stock_changes = Table(
    "stock_changes",
    metadata,
    Column("variant_id", _ID, primary_key=True),
    Column("version", BigInteger, primary_key=True, comment="of the stock after the change"),
    Column("received", BigInteger, nullable=False),
    Column("free", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("sold", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("order_id", _ID, comment="null where staff changed it"),
    Column("create_time", _TIME, nullable=False),
)
