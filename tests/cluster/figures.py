"""What a run measured: printed at once, and kept in `.local/cluster/figures.json` by name."""

import json
from typing import Any

from deploy.local.bootstrap import ROOT
from deploy.local.progress import Progress

FILE = ROOT / ".local" / "cluster" / "figures.json"


def note(progress: Progress, name: str, figures: dict[str, Any]) -> None:
    """Prints the figures and keeps them, in place of those of the last run."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    FILE.write_text(json.dumps(known | {name: figures}, indent=2) + "\n")
    progress.say(f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items()))
