"""The shape of a component: what it fetches, how it is configured, its command, and when it is ready.

A store's client library is imported where it is used: `make status` and `make down` start in a blink without them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from deploy.local.downloads import Download
from deploy.local.installation import Installation
from deploy.local.progress import Progress
from deploy.local.readiness import require_listening

PYTHON_ENVIRONMENT = {"PYTHONUNBUFFERED": "1"}


class Wave(IntEnum):
    """When a component starts; those of one wave start together, and stop together in the reverse order."""

    VIEWERS = 0  # nothing waits for these
    STORES = 1
    SERVICES = 2
    EDGE = 3


@dataclass(frozen=True)
class Command:
    """One supervised process. `user` is set only where root must drop to somebody else."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: str = "TERM"


class Component(ABC):
    """One supervised part of the stack."""

    name: str
    wave: Wave = Wave.STORES
    ports: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()
    megabytes: int = 50
    replaced_by: tuple[str, ...] = ()

    def wanted(self, installation: Installation) -> bool:
        """Whether this stack has the part at all."""
        return True

    def replaced(self, installation: Installation) -> bool:
        """Whether the owner named somebody else's server instead."""
        return bool(self.replaced_by) and all(name in installation.overrides for name in self.replaced_by)

    def fetch(self, installation: Installation, progress: Progress) -> None:  # noqa: B027 - most need nothing
        """Prepare what lies in the cache besides the downloads themselves; a no-op when it is there."""

    def configure(self, installation: Installation) -> None:  # noqa: B027 - most need nothing
        """Write the files the process needs; safe to repeat while it runs."""

    def fingerprint(self, installation: Installation) -> str:
        """Changes when a running process must be replaced although its command and environment are the same."""
        return ""

    @abstractmethod
    def command(self, installation: Installation) -> Command:
        """How the process is started; reads only what `configure` wrote."""

    def ready(self, installation: Installation) -> None:
        """Raise NotReadyError unless the component serves."""
        for port in self.ports:
            require_listening(installation.ports[port])
