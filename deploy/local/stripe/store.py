"""The stand-in's memory: one SQLite file (WAL), every API request one transaction.

Objects are kept as the JSON that the API shows, plus `private` facts that it does not (a session's lines, a card's
outcome). `subject` is what lists filter by: the payment intent, or an event's type.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .errors import ApiError, Json
from .settings import Settings

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, created INTEGER NOT NULL,
  subject TEXT, body TEXT NOT NULL, private TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_listed ON objects (kind, created, seq);
CREATE INDEX IF NOT EXISTS objects_subject ON objects (kind, subject);
CREATE INDEX IF NOT EXISTS open_sessions ON objects (json_extract(body, '$.expires_at'))
  WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open';
CREATE TABLE IF NOT EXISTS idempotency (
  account TEXT NOT NULL, key TEXT NOT NULL, request_hash TEXT NOT NULL, request_id TEXT NOT NULL,
  status INTEGER NOT NULL, body TEXT NOT NULL, created REAL NOT NULL, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, state TEXT NOT NULL, due_at REAL NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, lane TEXT, lane_position INTEGER, switch_id INTEGER, created REAL NOT NULL,
  last_status INTEGER, last_error TEXT);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due_at);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event_id);
CREATE TABLE IF NOT EXISTS switches (
  id INTEGER PRIMARY KEY AUTOINCREMENT, spec TEXT NOT NULL, remaining INTEGER);
CREATE TABLE IF NOT EXISTS endpoint (only INTEGER PRIMARY KEY CHECK (only = 1), url TEXT, secrets TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL, at REAL NOT NULL, method TEXT NOT NULL,
  path TEXT NOT NULL, idempotency_key TEXT, replayed INTEGER NOT NULL, status INTEGER NOT NULL);
"""
TABLES = ("objects", "idempotency", "deliveries", "switches", "endpoint", "requests")
_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "="}


@dataclass
class Record:
    """One stored API object: `body` is what the API shows, `private` what it keeps to itself."""

    kind: str
    body: Json
    subject: str | None = None
    private: Json = field(default_factory=dict)
    seq: int = 0

    @property
    def id(self) -> str:
        """The object's id."""
        return str(self.body["id"])


@dataclass(frozen=True)
class Query:
    """Which objects a list wants; newest first. `types` are any-of patterns of the subject, `created` bounds by operator."""

    kind: str
    created: dict[str, int] = field(default_factory=dict)
    subject: str | None = None
    types: tuple[str, ...] = ()
    status: str | None = None
    before_seq: int | None = None
    after_seq: int | None = None
    limit: int = 10


class Tx:
    """One transaction: reads and writes of objects, and the request that caused them (for the events it raises)."""

    def __init__(self, connection: sqlite3.Connection, settings: Settings, request: Json) -> None:
        self.connection = connection
        self.settings = settings
        self.request = request
        self.now = int(time.time())

    def insert(self, record: Record) -> Record:
        """Store a new object."""
        cursor = self.connection.execute(
            "INSERT INTO objects (id, kind, created, subject, body, private) VALUES (?, ?, ?, ?, ?, ?)",
            (
                record.id,
                record.kind,
                record.body["created"],
                record.subject,
                json.dumps(record.body),
                json.dumps(record.private),
            ),
        )
        record.seq = cursor.lastrowid or 0
        return record

    def save(self, record: Record) -> None:
        """Store a changed object."""
        self.connection.execute(
            "UPDATE objects SET subject = ?, body = ?, private = ? WHERE id = ?",
            (record.subject, json.dumps(record.body), json.dumps(record.private), record.id),
        )

    def find(self, kind: str, id: str) -> Record | None:
        """The object of this kind and id, or None."""
        rows = self.connection.execute("SELECT * FROM objects WHERE id = ? AND kind = ?", (id, kind))
        return next(map(_record, rows), None)

    def select(self, query: Query) -> list[Record]:
        """The objects that match, newest first (oldest first where `after_seq` is given)."""
        clauses, values = _where(query)
        order = "ASC" if query.after_seq is not None else "DESC"
        sql = f"SELECT * FROM objects WHERE {' AND '.join(clauses)} ORDER BY seq {order} LIMIT ?"
        return [_record(row) for row in self.connection.execute(sql, (*values, query.limit))]

    def sessions_due(self) -> list[Record]:
        """Open checkout sessions whose time has come."""
        rows = self.connection.execute(
            "SELECT * FROM objects WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open'"
            " AND json_extract(body, '$.expires_at') <= ?",
            (self.now,),
        )
        return [_record(row) for row in rows.fetchall()]

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what a refused request did, and keep the rest of the transaction; other errors undo all of it."""
        self.connection.execute("SAVEPOINT effects")
        try:
            yield
        except ApiError:
            self.connection.execute("ROLLBACK TO effects")
            raise
        finally:
            self.connection.execute("RELEASE effects")


def _where(query: Query) -> tuple[list[str], list[Any]]:
    clauses, values = ["kind = ?"], [query.kind]
    clauses += [f"created {_OPERATORS[op]} {int(bound)}" for op, bound in query.created.items()]
    if query.subject is not None:
        clauses.append("subject = ?")
        values.append(query.subject)
    if query.types:
        clauses.append("(" + " OR ".join("subject GLOB ?" for _ in query.types) + ")")
        values += query.types
    if query.status:
        clauses.append("json_extract(body, '$.status') = ?")
        values.append(query.status)
    clauses += [f"seq < {query.before_seq}"] if query.before_seq is not None else []
    clauses += [f"seq > {query.after_seq}"] if query.after_seq is not None else []
    return clauses, values


def _record(row: sqlite3.Row) -> Record:
    return Record(row["kind"], json.loads(row["body"]), row["subject"], json.loads(row["private"]), row["seq"])


class Store:
    """The database file and its transactions. Transactions are short and synchronous, so they never overlap."""

    def __init__(self, settings: Settings) -> None:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self._connection = sqlite3.connect(settings.state_dir / "stripe.db", isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self, request_id: str | None = None, idempotency_key: str | None = None) -> Iterator[Tx]:
        """Commit what happens inside, or nothing of it; the ids name the API request that the events blame."""
        request = {"id": request_id, "idempotency_key": idempotency_key}
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield Tx(self._connection, self.settings, request)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
