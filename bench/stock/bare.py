"""PostgreSQL alone: pgbench with the statements that the service sends, and with the least that any shop would."""

import os
import re
import subprocess
import tempfile
from urllib.parse import urlsplit

import click

from deploy.local.components.postgres import program
from deploy.local.installation import Installation
from services.catalog.adapters import stock
from services.catalog.domain.stock import RESERVE
from services.chassis import ids, outbox

_ORDER = "lpad(:n::text, 32, '0')::uuid"
_RESERVATION = [stock._ENTER.sql, stock._LOCK_GIVEN.sql, stock._MOVES[RESERVE].sql]
SCRIPTS = {
    "one update of the row": [
        """update stock set free = free - 1, reserved = reserved + 1, version = version + 1
           where variant_id = %(variant_id)s and free >= 1"""
    ],
    "pgbench, the reservation's statements": _RESERVATION,
    "pgbench, those and the outbox's": [*_RESERVATION, outbox._INSERT.sql],
}
"""Statements of one transaction, by what they are called."""


def rate(installation: Installation, url: str, name: str, variant_id: str, seconds: int, clients: int) -> float:
    """Transactions a second of this script."""
    place = urlsplit(url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_script(SCRIPTS[name], variant_id))
        script.flush()
        where = ["-h", place.hostname or "", "-p", str(place.port), "-U", place.username or ""]
        load = ["-n", "-M", "prepared", "-c", str(clients), "-T", str(seconds), "-f", script.name]
        text = subprocess.run(
            [program(installation, "pgbench"), *where, *load, place.path.lstrip("/")],
            env={**os.environ, "PGPASSWORD": place.password or ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    found = re.search(r"tps = ([\d.]+)", text)
    if found is None:
        raise click.ClickException(f"pgbench said: {text}")
    return float(found[1])


def _script(statements: list[str], variant_id: str) -> str:
    values = _values(variant_id)
    lines = [re.sub(r"%\((\w+)\)s", lambda match: values[match[1]], statement) for statement in statements]
    joined = ";\n".join(" ".join(line.split()) for line in lines)
    begin, end = ("begin;\n", "commit;\n") if len(lines) > 1 else ("", "")
    return f"\\set n random(1, 9000000000000000000)\n{begin}{joined};\n{end}"


def _values(variant_id: str) -> dict[str, str]:
    """What stands for each parameter; what an order's id and an event's are is drawn anew for each transaction."""
    variant = f"'{ids.uuid_of(variant_id)}'::uuid"
    return {
        "variant_id": variant,
        "order_id": _ORDER,
        "event_id": _ORDER,
        "variant_ids": f"array[{variant}]",
        "quantities": "array[1]",
        "state": "'RESERVED'",
        "reason": "'reserve'",
        "now": "now()",
        "time": "now()",
        "expire_time": "now()",
        "topic": "'product-events'",
        "key": f"'{variant_id}'",
        "version": ":n::bigint",
        "type": "'shopmesh.catalog.v1.StockChanged'",
        "headers": f"""'{{"ce_source": "catalog", "traceparent": "00-{"1" * 32}-{"1" * 16}-00"}}'::jsonb""",
        "payload": f"'\\x{'00' * 160}'::bytea",
    }
