"""The migrations make the tables that the code was written against."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from services.notify.adapters.tables import metadata

pytestmark = pytest.mark.stack
CHASSIS = {"alembic_version", "chassis_state", "outbox", "leases", "tasks", "inbox", "parked"}


def test_the_migrations_make_the_tables_of_the_code(database_url: str) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or name not in CHASSIS}
        context = MigrationContext.configure(connection, opts={**options, "compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
