"""A restored database names its topics."""

from services.chassis import schema

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    schema.state_v2()
