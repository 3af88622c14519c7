"""compose.yaml as the tests read it."""

import re
import shlex
from functools import cache
from typing import Any

import yaml

from deploy.local.bootstrap import ROOT

STORES = {"postgres": 5432, "mongo": 27017, "valkey": 6379, "kafka": 9092, "mail": 1025, "traces": 4317, "stripe": 8121}
"""Hosts that settings name, and the port at which each image serves."""
PORTS = {"public": 8501, "internal": 8502, "metrics": 8503}


@cache
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return content


SERVICE_NAMES = tuple(compose()["services"])
ONCE = tuple(name for name in SERVICE_NAMES if compose()["services"][name].get("restart") == "no")
OWN = tuple(name for name in SERVICE_NAMES if "${REGISTRY" in compose()["services"][name]["image"])


def with_defaults(text: str) -> str:
    """As Compose fills in variables where nobody sets them; what has no default stays as it is."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def part(name: str) -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"][name]
    return found


def command(name: str) -> list[str]:
    """The program and its arguments, without the shell that reads the secrets."""
    given = [with_defaults(each) for each in part(name)["command"]]
    if given[:2] == ["sh", "-c"]:
        given = shlex.split(given[2].rpartition("exec ")[2])
    return given


def ports(name: str) -> list[str]:
    """Ports inside the container that are published."""
    return [each.rpartition(":")[2] for each in part(name).get("ports", [])]
