"""A restored database names its topics."""

from services.chassis import schema

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    schema.state_v2()
