"""The rows of one purchase, as many times: every id anew, and whatever else must stand once."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from services.chassis import ids

Row = dict[str, Any]
FIRST_MS = int((datetime.now(UTC) - timedelta(days=60)).timestamp() * 1000)
TYPE_ID = re.compile(r"[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}")
_ORDER, _KEY, _HANDLED = "order_id = %(order)s", "key = %(key)s", "event_id = any(%(events)s)"
_PAYMENT = "payment_id in (select id from payments where order_id = %(order)s)"
ROWS = {
    "order": {
        **dict.fromkeys(("order_streams", "order_events", "order_contacts"), _ORDER),
        "outbox": _KEY,
        "inbox": _HANDLED,
    },
    "payment": {
        **dict.fromkeys(("payments", "invoices"), _ORDER),
        **dict.fromkeys(("attempts", "ledger_entries"), _PAYMENT),
        "invoice_files": "invoice_id in (select id from invoices where order_id = %(order)s)",
        "outbox": _KEY,
        "inbox": _HANDLED,
    },
    "catalog": dict.fromkeys(("reservations", "reservation_lines"), _ORDER),
    "notify": {"deliveries": "subject_id = %(key)s", "inbox": _HANDLED},
}
"""The rows of a purchase, by service and table."""
ONCE = ("message_id", "provider_id", "intent_id", "number")
"""Texts that may stand once."""


def events(sources: Mapping[str, str], key: str) -> list[UUID]:
    """The ids of a purchase's events."""
    found = []
    for service in ("order", "payment"):
        with psycopg.connect(sources[service]) as source:
            found += source.execute("select event_id from outbox where key = %s", [key]).fetchall()
    return [row[0] for row in found]


def multiply(source: str, target: str, service: str, about: Row, count: int) -> None:
    """Copies the rows of the purchase that `about` (order, key, events) names, past triggers and foreign keys."""
    with psycopg.connect(target) as into, psycopg.connect(source, row_factory=dict_row) as out:
        into.execute("set session_replication_role = replica")
        for table, condition in ROWS[service].items():
            query = sql.SQL("select * from {} where ").format(sql.Identifier(table)) + sql.SQL(condition)
            write(into, table, copies(out.execute(query, about).fetchall(), count))
        if service == "catalog":
            sell(into, count)
        if service == "payment":
            into.execute("insert into invoice_series select series, count(*), now() from invoices group by series")
    with psycopg.connect(target, autocommit=True) as into:
        into.execute("analyze")


def copies(rows: list[Row], count: int) -> Iterator[Row]:
    """Each row, `count` times."""
    for number in range(count):
        for row in rows:
            yield {column: value_of(column, value, number) for column, value in row.items()}


def value_of(column: str, value: Any, number: int) -> Any:
    """The value in copy `number`; ids that were the same are the same again."""
    if column == "variant_id":
        return value
    if isinstance(value, UUID):
        return moved(value, number)
    if isinstance(value, str) and TYPE_ID.fullmatch(value):
        return ids.text(value.partition("_")[0], moved(ids.uuid_of(value), number))
    if column in ONCE and isinstance(value, str):
        return f"{value}-{number}"
    if column == "series_number":
        return number + 1
    if column == "content" and isinstance(value, bytes):
        return b""  # a PDF
    return Jsonb(value) if isinstance(value, dict | list) else value


def moved(id: UUID, number: int) -> UUID:
    """The id of the copy: the same random part at another millisecond."""
    return UUID(int=((FIRST_MS + number) << 80) | (id.int & ((1 << 80) - 1)))


def write(into: "psycopg.Connection[Any]", table: str, rows: Iterator[Row]) -> None:
    """Rows into a table, by COPY."""
    first = next(rows, None)
    if first is None:
        return
    columns = sql.SQL(", ").join(map(sql.Identifier, first))
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), columns)
    with into.cursor() as cursor, cursor.copy(statement) as stream:
        stream.write_row(list(first.values()))
        for row in rows:
            stream.write_row(list(row.values()))


def sell(into: "psycopg.Connection[Any]", count: int) -> None:
    """The variant's stock and its movements: all received, then reserved and sold, order by order."""
    found = into.execute("select variant_id, quantity from reservation_lines limit 1").fetchone()
    assert found
    variant, units = found
    received = units * count
    into.execute("insert into stock values (%s, %s, 0, 0, %s, %s)", [variant, received, received, 2 * count + 1])

    def movements() -> Iterator[Row]:
        for version in range(1, 2 * count + 2):
            begun, sold = version // 2 * units, (version - 1) // 2 * units
            now = datetime.now(UTC)
            level = {"received": received, "free": received - begun, "reserved": begun - sold, "sold": sold}
            about = {"variant_id": variant, "version": version, "reason": "bench", "create_time": now}
            yield {**about, **level}

    write(into, "stock_changes", movements())
