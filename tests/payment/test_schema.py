"""The tables that queries are built from are those that the migrations make."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Inspector, Table, create_engine, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from services.payment import main
from services.payment.adapters.tables import metadata

pytestmark = pytest.mark.stack


@pytest.fixture
def schema(new_database: Callable[..., str]) -> Iterator[Inspector]:
    url = new_database(Path(main.__file__).parent / "migrations")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        yield inspect(connection)
    engine.dispose()


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_the_migrations_make_the_table(schema: Inspector, table: Table) -> None:
    found = {column["name"]: (_sql(column["type"]), column["nullable"]) for column in schema.get_columns(table.name)}
    assert found == {column.name: (_sql(column.type), column.nullable) for column in table.columns}
    assert schema.get_pk_constraint(table.name)["constrained_columns"] == [each.name for each in table.primary_key]
    indexes = {index["name"] for index in schema.get_indexes(table.name) if "duplicates_constraint" not in index}
    assert indexes == {index.name for index in table.indexes}


def _sql(type: TypeEngine[Any]) -> str:
    return type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
