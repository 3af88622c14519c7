"""The stack as one thing: up, down, and each part by name. Tests use it as `Stack.for_tests()`."""

import os
import signal
import time
from collections.abc import Iterable

from deploy.local import processes
from deploy.local.components import COMPONENTS
from deploy.local.components.base import Component, Wave
from deploy.local.downloads import Download, fetch_all
from deploy.local.installation import Installation, development, testing
from deploy.local.progress import Progress, Silent
from deploy.local.readiness import NotReady
from deploy.local.supervisor import ProcessState, Supervisor


class StackError(Exception):
    """The stack can't do what was asked; the text says why and what to do."""


class Stack:
    """One installation's processes."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.supervisor = Supervisor(installation)
        self.components = {each.name: each for each in COMPONENTS if not each.replaced(installation)}

    @classmethod
    def for_development(cls) -> "Stack":
        return cls(development())

    @classmethod
    def for_tests(cls) -> "Stack":
        return cls(testing())

    def up(self, only: set[str] | None = None, progress: Progress | None = None) -> None:
        """Bring the stack up, or only the named parts; quick where it is up already with the same code and settings."""
        progress = progress or Silent()
        chosen = self.chosen(only)
        self.clear_leftovers(progress)
        self.require_free_ports(chosen)
        self.prepare(chosen, progress)
        for wave in Wave:
            self.start_wave([each for each in chosen if each.wave is wave], progress)

    def chosen(self, only: set[str] | None) -> list[Component]:
        """The parts to bring up, in registry order."""
        if unknown := (only or set()) - {each.name for each in COMPONENTS}:
            raise StackError(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(self.components)}")
        return [each for each in self.components.values() if only is None or each.name in only]

    def clear_leftovers(self, progress: Progress) -> None:
        """End what a killed supervisor may have left running."""
        if self.supervisor.alive():
            return
        if count := processes.kill_all(processes.belonging_to(self.installation.state)):
            progress.say(f"ended {count} processes that an earlier run had left behind")

    def require_free_ports(self, chosen: Iterable[Component]) -> None:
        """Raise StackError naming each port that somebody else holds."""
        states = self.supervisor.states()
        down = [each for each in chosen if each.name not in states or not states[each.name].running]
        ports = [(each.name, self.installation.ports[port]) for each in down for port in each.ports]
        held = [(name, port, who) for name, port in ports if (who := processes.holder(port))]
        if held:
            lines = "\n".join(f"  port {port}, needed by {name}, is held by {who}" for name, port, who in held)
            raise StackError(f"ports are taken:\n{lines}\nend those, or set SHOPMESH_PORT_OFFSET=1000 in .env")

    def prepare(self, chosen: list[Component], progress: Progress) -> None:
        """Fetch and configure the parts, and give the supervisor their commands."""
        downloads: list[Download] = list(dict.fromkeys(each for part in chosen for each in part.downloads))
        fetch_all(downloads, self.installation.cache, progress)
        for part in chosen:
            part.fetch(self.installation)
            part.configure(self.installation)
            self.supervisor.configure(part.name, part.command(self.installation), part.fingerprint(self.installation))
        self.supervisor.apply()

    def start_wave(self, parts: list[Component], progress: Progress) -> None:
        if parts:
            names = [part.name for part in parts]
            progress.say(f"starting {', '.join(names)}")
            self.supervisor.start(names)
            for part in parts:
                self.wait_ready(part.name)
                progress.say(f"{part.name} is ready")

    def wait_ready(self, name: str, timeout: float = 60) -> None:
        """Return when the part serves; raise StackError with its last log lines after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                return self.components[name].ready(self.installation)
            except NotReady as error:
                if time.monotonic() > deadline:
                    raise StackError(f"{name} isn't ready after {timeout:.0f} s: {error}\n{self.tail(name)}") from error
            time.sleep(0.1)

    def tail(self, name: str, lines: int = 15) -> str:
        """The last lines of the part's log, indented."""
        log = self.supervisor.log(name)
        text = log.read_text(errors="replace") if log.exists() else ""
        return "\n".join(f"  | {line}" for line in text.splitlines()[-lines:])

    def down(self) -> None:
        """Stop everything, the newest wave first; nothing of this stack runs afterwards."""
        states = self.supervisor.states()
        for wave in reversed(Wave):
            names = [each.name for each in COMPONENTS if each.wave is wave and each.name in states]
            self.supervisor.stop(names)
        self.supervisor.shutdown()
        processes.kill_all(processes.belonging_to(self.installation.state))

    def start(self, name: str) -> None:
        self.supervisor.start([name])

    def stop(self, name: str) -> None:
        self.supervisor.stop([name])

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)

    def kill(self, name: str) -> None:
        """SIGKILL the part's process; the supervisor brings it back."""
        os.kill(self.pid(name), signal.SIGKILL)

    def pid(self, name: str) -> int:
        """The part's process id; raises StackError when it isn't running."""
        state = self.states().get(name)
        if state is None or not state.pid:
            raise StackError(f"{name} isn't running")
        return state.pid

    def states(self) -> dict[str, ProcessState]:
        return self.supervisor.states()

    def address(self, name: str) -> str:
        """`host:port` of a name in ports.toml."""
        return self.installation.address(name)
