"""What was recorded and what came of each kill, in files: a suite that was stopped goes on where it was."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.crash.points import Kill, Point
from tests.crash.suite import Outcome


class Journal:
    """`fingerprint` is of the code that is tested: results of other code are no proof of it."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._points = folder / "points.json"
        self._results = folder / "results.jsonl"
        self._audits = folder / "audits.jsonl"
        self._fingerprint = fingerprint

    def fits(self) -> bool:
        """Whether there is a recording, and of this code."""
        return self._points.exists() and json.loads(self._points.read_text())["fingerprint"] == self._fingerprint

    def begin(self, points: Mapping[str, list[Point]]) -> None:
        """A recording by journey; earlier results are forgotten."""
        journeys = {name: [each.json() for each in found] for name, found in points.items()}
        head = {"fingerprint": self._fingerprint, "began": datetime.now(UTC).isoformat()}
        self._points.write_text(json.dumps(head | {"journeys": journeys}, indent=1))
        self._results.unlink(missing_ok=True)
        self._audits.unlink(missing_ok=True)

    def points(self) -> dict[str, list[Point]]:
        """The recording; empty where there is none."""
        if not self._points.exists():
            return {}
        journeys = json.loads(self._points.read_text())["journeys"]
        return {name: [Point(**each) for each in found] for name, found in journeys.items()}

    def add(self, outcome: Outcome) -> None:
        with self._results.open("a") as file:
            file.write(json.dumps(asdict(outcome)) + "\n")

    def add_audit(self, began: datetime, findings: list[str]) -> None:
        with self._audits.open("a") as file:
            file.write(json.dumps({"began": began.isoformat(), "findings": findings}) + "\n")

    def audits(self) -> list[list[str]]:
        """What each audit found."""
        return [each["findings"] for each in self._audited()]

    def audited(self) -> datetime:
        """What happened since is still to be audited: the beginning of the last audit, or of the recording."""
        began = [each["began"] for each in self._audited()] or [json.loads(self._points.read_text())["began"]]
        return datetime.fromisoformat(began[-1])

    def _audited(self) -> list[Any]:
        return [json.loads(line) for line in self._audits.read_text().splitlines()] if self._audits.exists() else []

    def outcomes(self) -> list[Outcome]:
        """So far; the last word on each kill."""
        lines = self._results.read_text().splitlines() if self._results.exists() else []
        found = [_outcome(json.loads(line)) for line in lines]
        return list({(each.journey, each.kill): each for each in found}.values())


def _outcome(content: dict[str, object]) -> Outcome:
    kill = content.pop("kill")
    assert isinstance(kill, dict)
    return Outcome(kill=Kill(Point(**kill["point"]), kill["side"]), **content)  # type: ignore[arg-type]
