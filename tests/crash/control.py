"""What the harness tells the processes: which order is watched, where its calls are written, and where to die.

Files, because they outlive every process: `control.json` is read again when it changed; the armed kill is a file that
the dying process takes away first, so that its successor finds none and lives.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.crash.points import Kill, Point

VARIABLE = "CRASH_CONTROL"


@dataclass(frozen=True)
class Orders:
    """`trace` is the journey's trace id; `marks` are further texts by which a call is known to be about it."""

    trace: str = ""
    marks: tuple[str, ...] = ()
    kill: Kill | None = None


class Control:
    """The folder through which both sides talk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "control.json"
        self._armed = folder / "armed"
        self.calls = folder / "calls.jsonl"

    def write(self, orders: Orders) -> None:
        """Whole at once, for readers in other processes."""
        kill = orders.kill and {"point": orders.kill.point.json(), "side": orders.kill.side}
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps({"trace": orders.trace, "marks": orders.marks, "kill": kill}))
        draft.replace(self._file)

    def read(self) -> Orders:
        """What is asked for now; nothing before anything was."""
        if not self._file.exists():
            return Orders()
        content = json.loads(self._file.read_text())
        kill = content["kill"] and Kill(Point(**content["kill"]["point"]), content["kill"]["side"])
        return Orders(content["trace"], tuple(content["marks"]), kill)

    def stamp(self) -> int:
        """Changes when there is something else to read."""
        try:
            return self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def arm(self) -> None:
        """From now on the kill may happen, once."""
        self._armed.touch()

    def armed(self) -> bool:
        return self._armed.exists()

    def disarm(self) -> bool:
        """Takes the kill away; False where it has happened already. Of two only one gets it."""
        try:
            self._armed.unlink()
        except FileNotFoundError:
            return False
        return True

    def record(self, line: dict[str, object]) -> None:
        """Adds a call; short lines of several processes never mix."""
        with self.calls.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def recorded(self) -> list[dict[str, object]]:
        """Every call since `forget`."""
        return [json.loads(line) for line in self.calls.read_text().splitlines()] if self.calls.exists() else []

    def forget(self) -> None:
        """Forgets the recorded calls."""
        self.calls.unlink(missing_ok=True)
