"""What the audit may read of each database: as SQL, for a role that can do nothing else.

Passwords, sessions, keys, and the contents of events and messages are not among it. Of personal data it reads order's
contacts alone, which the lists of orders are compared with.
"""

from collections.abc import Iterator

from psycopg import sql

_OUTBOX = ("event_id", "topic", "key", "version", "incarnation", "type", "create_time", "publish_time")
_TASKS = ("kind", "key", "due_time", "attempts", "lease_id")
_PARKED = ("consumer_group", "key", "event_id", "create_time")
_PUBLISHER: dict[str, tuple[str, ...]] = {"chassis_state": (), "outbox": _OUTBOX, "tasks": _TASKS}
_CONSUMER: dict[str, tuple[str, ...]] = {"inbox": (), "parked": _PARKED, "tasks": _TASKS}
READABLE: dict[str, dict[str, tuple[str, ...]]] = {
    "catalog": _PUBLISHER
    | dict.fromkeys(("products", "variants", "prices", "stock", "reservations", "reservation_lines"), ())
    | {"stock_changes": ()},
    "order": _PUBLISHER
    | _CONSUMER
    | {
        "order_streams": (),
        "order_events": (),
        "order_contacts": (),
        "placements": ("order_id", "status", "create_time"),
    },
    "payment": _PUBLISHER
    | _CONSUMER
    | {
        "payments": ("id", "order_id", "state", "amount", "currency", "version", "create_time", "update_time"),
        "attempts": (
            *("id", "payment_id", "number", "state", "found", "first_sent_time", "provider_id", "intent_id"),
            *("captured_amount", "captured_currency", "verdict"),
        ),
        "refunds": (
            *("id", "payment_id", "number", "attempt_id", "amount", "currency", "cause", "state", "provider_id"),
            "create_time",
        ),
        "disputes": (),
        "ledger_entries": (),
        "invoice_series": (),
        "invoices": (
            *("id", "order_id", "kind", "series", "series_number", "number", "refund_id", "corrects", "total"),
            *("currency", "issue_time"),
        ),
        "invoice_files": ("invoice_id", "render_time"),
    },
    "auth": _PUBLISHER,
    "notify": _CONSUMER
    | {"deliveries": ("id", "event_id", "template", "subject_id", "state", "create_time", "send_time")},
}
"""Columns by table by service; none named means all."""


def statements(service: str, role: str, database: str) -> Iterator[sql.Composed]:
    """What lets `role` read `database`, the one of `service`; run it there as the tables' owner. Safe to repeat."""
    name = sql.Identifier(role)
    yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), name)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name)
    for table, columns in READABLE[service].items():
        listed = sql.SQL(" ({})").format(sql.SQL(", ").join(map(sql.Identifier, columns))) if columns else sql.SQL("")
        yield sql.SQL("GRANT SELECT{} ON {} TO {}").format(listed, sql.Identifier(table), name)


def script(service: str, role: str, database: str) -> str:
    """The same as a script for psql."""
    lines = [statement.as_string() + ";" for statement in statements(service, role, database)]
    return "\n".join([f"-- {service}: run in its database, as the owner of its tables", *lines]) + "\n"
