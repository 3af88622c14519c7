"""Order's tables; the chassis's own are made by the migrations."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID

metadata = MetaData()
_TIME = TIMESTAMP(timezone=True)
_ID = UUID(as_uuid=True)

order_streams = Table(
    "order_streams",
    metadata,
    Column("order_id", _ID, primary_key=True),
    Column("version", Integer, nullable=False, comment="count of the stream's events; the row is the stream's lock"),
    Column("state", Text, nullable=False, comment="what the events fold to, for whoever looks for stuck orders"),
    Column("state_time", _TIME, nullable=False, comment="when it came to this state"),
    Column("expire_time", _TIME, nullable=False),
    Index("order_streams_placed", "expire_time", postgresql_where="state = 'PLACED'"),
    Index("order_streams_paid", "state_time", postgresql_where="state = 'PAID'"),
)

order_events = Table(
    "order_events",
    metadata,
    Column("order_id", _ID, ForeignKey("order_streams.order_id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("type", Text, nullable=False, comment="name of the message in shopmesh.order.internal.v1"),
    Column("payload", LargeBinary, nullable=False),
    Column("cause_id", Text, nullable=False, comment="rpc:<method>:<scope>:<request id>, event:<id> or task:<id>"),
    Column("index", Integer, nullable=False, comment="place among the events of the same cause"),
    Unique("order_id", "cause_id", "index", name="order_events_cause"),
    CheckConstraint("version > 0", name="order_events_version"),
)

unpaid_orders = Table(
    "unpaid_orders",
    metadata,
    Column("order_id", _ID, ForeignKey("order_streams.order_id"), primary_key=True),
    Column("buyer", LargeBinary, nullable=False, comment="SHA-256 of the user's id, for a guest of the e-mail address"),
    Column("units", Integer, nullable=False),
    CheckConstraint("units > 0", name="unpaid_orders_units"),
    Index("unpaid_orders_buyer", "buyer"),
    comment="one row for each order while it is PLACED",
)

order_contacts = Table(
    "order_contacts",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("order_id", _ID, ForeignKey("order_streams.order_id"), nullable=False, unique=True),
    Column("email", Text, comment="this and all below: personal data, null once erased"),
    Column("display_name", Text),
    Column("locale", Text),
    Column("shipping_address", JSONB),
    Column("cancel_reason", Text, comment="in the words of whoever called the order off"),
)

placements = Table(
    "placements",
    metadata,
    Column("scope", Text, primary_key=True, comment="user id or id of a guest's cart"),
    Column("request_id", _ID, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("order_id", _ID, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    Column("refusal", LargeBinary, comment="google.rpc.Status, where REFUSED"),
    Column("create_time", _TIME, nullable=False),
    CheckConstraint("status in ('OPEN', 'PLACED', 'REFUSED', 'ABANDONED')", name="placements_status"),
    Index("placements_create_time", "create_time"),
)
