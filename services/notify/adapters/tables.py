"""Notify's table; the chassis's own are made by the migrations."""

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID

metadata = MetaData()

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("event_id", UUID(as_uuid=True), nullable=False),
    Column("template", Text, nullable=False),
    Column("recipient", Text, nullable=False, comment="empty once erased, as are display_name and payload"),
    Column("display_name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column(
        "message_id",
        Text,
        nullable=False,
        unique=True,
        comment="made of event, template and recipient: what keeps a message from going out twice",
    ),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("create_time", TIMESTAMP(timezone=True), nullable=False),
    Column("send_time", TIMESTAMP(timezone=True)),
)
Index("deliveries_create_time", deliveries.c.create_time.desc(), deliveries.c.id.desc())
Index("deliveries_subject_id", deliveries.c.subject_id, deliveries.c.create_time.desc(), deliveries.c.id.desc())
Index(
    "deliveries_unfinished",
    deliveries.c.state,
    deliveries.c.create_time.desc(),
    deliveries.c.id.desc(),
    postgresql_where=text("state <> 'SENT'"),
)
