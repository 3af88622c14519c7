"""Auth's tables; the chassis's own are made by the migrations."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, UUID

metadata = MetaData()
_TIME = TIMESTAMP(timezone=True)

users = Table(
    "users",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("email", Text, nullable=False, unique=True, comment="in lower case"),
    Column("display_name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("version", Integer, nullable=False),
    Column("create_time", _TIME, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("password_hash", Text, nullable=False, comment="argon2id, with its parameters and salt"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("create_time", _TIME, nullable=False),
    Column("expire_time", _TIME, nullable=False, comment="when its last token ends"),
    Column("end_time", _TIME, comment="set where it was ended before"),
    Column("end_reason", Text, nullable=False, server_default=""),
    Index("sessions_user_id", "user_id"),
    Index("sessions_expire_time", "expire_time"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True, comment="SHA-256"),
    Column("session_id", UUID(as_uuid=True), ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("create_time", _TIME, nullable=False),
    Column("expire_time", _TIME, nullable=False),
    Column("first_use_time", _TIME),
    Index("refresh_tokens_session_id", "session_id"),
    Index("refresh_tokens_expire_time", "expire_time"),
)

failed_log_ins = Table(
    "failed_log_ins",
    metadata,
    Column("email_hash", LargeBinary, primary_key=True, comment="SHA-256: nobody's address is kept for a typing error"),
    Column("failures", Integer, nullable=False),
    Column("since", _TIME, nullable=False),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("id", Text, primary_key=True, comment="kid"),
    Column("public_jwk", JSONB, nullable=False),
    Column(
        "private_key", LargeBinary, nullable=False, comment="PKCS 8, AES-GCM: nonce, then ciphertext; bound to the kid"
    ),
    Column("activate_time", _TIME, nullable=False),
    Column("retire_time", _TIME),
)
