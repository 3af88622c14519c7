"""A restored database names its topics."""

from services.chassis import schema

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    schema.state_v2()
