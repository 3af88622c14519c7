"""What the services said lately: for whoever reads that a test failed, and has the stack no more."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

LATELY = timedelta(minutes=2)
MOST_LINES = 15
TAIL_BYTES = 200_000


def lately(logs: Path) -> str:
    """Warnings, errors and changes of health in the services' logs of this folder, the latest ones, the oldest first."""
    said = [line for log in logs.glob("*.log") for line in _worth_reading(log)]
    return "\n".join(sorted(said)[-MOST_LINES:])


def _worth_reading(log: Path) -> list[str]:
    since = (datetime.now(UTC) - LATELY).isoformat()
    found = []
    for line in log.read_bytes()[-TAIL_BYTES:].decode(errors="replace").splitlines():
        entry = _entry(line)
        if entry.get("timestamp", "") >= since and (entry["level"] != "info" or entry["event"] == "health"):
            rest = {name: value for name, value in entry.items() if name not in ("timestamp", "level", "exception")}
            found.append(f"{entry['timestamp']} {rest}"[:400])
    return found


def _entry(line: str) -> dict[str, str]:
    """A line as the services log it; nothing where it is a library's."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) and {"timestamp", "level", "event"} <= entry.keys() else {}
