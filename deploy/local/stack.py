"""The stack as one thing: up, down, and each part by name. Tests use it as `Stack.for_tests()`."""

import os
import shutil
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from deploy.local import accounts, processes, seed, summary
from deploy.local.bootstrap import locked
from deploy.local.certificates import Certificates
from deploy.local.components import COMPONENTS
from deploy.local.components.base import Component, Wave
from deploy.local.downloads import fetch_all
from deploy.local.environment import service_environment, slips
from deploy.local.errors import StackError
from deploy.local.installation import SERVICES, Installation, of_development, of_tests
from deploy.local.migrations import follow_restore, migrate
from deploy.local.progress import Progress, Silent
from deploy.local.readiness import NotReadyError
from deploy.local.supervisor import ProcessState, Supervisor

SAY_EVERY_S = 5


class Stack:
    """One installation's processes."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.supervisor = Supervisor(installation)
        self.components = {
            each.name: each for each in COMPONENTS if each.wanted(installation) and not each.replaced(installation)
        }

    @classmethod
    def for_development(cls) -> "Stack":
        return cls(of_development(os.environ))

    @classmethod
    def for_tests(cls) -> "Stack":
        return cls(of_tests(os.environ))

    @property
    def accounts(self) -> tuple[accounts.Account, ...]:
        """The customer's and the staff member's log-in."""
        return accounts.accounts(self.installation)

    def up(self, only: set[str] | None = None, progress: Progress | None = None) -> None:
        """Bring the stack up, or only the named parts; quick where it is up already with the same code and settings."""
        progress = progress or Silent()
        chosen = self.chosen(only)
        self.refuse_wrong_settings()
        with locked(self.installation.folder("run")):
            if only is None:
                progress.say(summary.needs(chosen, self.installation))
                self.ask_elsewhere(progress)
            self.bring_up(chosen, progress)
            if only is None:
                self.fill(progress)

    def bring_up(self, chosen: list[Component], progress: Progress) -> None:
        """Start what isn't running, run anew what changed, stop what the owner's settings replace."""
        self.clear_leftovers(progress)
        self.require_free_ports(chosen)
        self.prepare(chosen, progress)
        self.supervisor.stop(sorted(self.running_parts() - self.components.keys()))
        stale = {part.name for part in chosen} - self.running_parts()
        for wave in Wave:
            if wave is Wave.SERVICES and follow_restore(chosen, self.installation):
                self.prepare(chosen, progress)  # services are told the topics, and those that run are run anew
                stale = {part.name for part in chosen} - self.running_parts()
            parts = [each for each in chosen if each.wave is wave and each.name in stale]
            if wave is Wave.SERVICES:
                migrate([part.name for part in parts if part.name in SERVICES], self.installation, progress)
            self.start_wave(parts, progress)
        self.wait_all([each for each in chosen if each.wave is Wave.VIEWERS or each.name not in stale], progress)

    def chosen(self, only: set[str] | None) -> list[Component]:
        """The parts to bring up, in registry order."""
        if unknown := (only or set()) - {each.name for each in COMPONENTS}:
            raise StackError(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(self.components)}")
        return [each for each in self.components.values() if only is None or each.name in only]

    def refuse_wrong_settings(self) -> None:
        """Raise StackError for settings that can't be meant, before anything starts."""
        if found := slips(self.installation):
            lines = "\n".join(f"  {name}: {what}" for name, what in found.items())
            raise StackError(f"mend the settings in .env:\n{lines}")

    def ask_elsewhere(self, progress: Progress) -> None:
        """Raise StackError unless each server that the owner named instead of ours can be used."""
        elsewhere = [part for part in COMPONENTS if part.wanted(self.installation) and part.name not in self.components]
        if not elsewhere:
            return
        from deploy.local import probes  # it imports every store's client
        from services.chassis.doctor import Doubtful, Unusable

        progress.say(f"asking your own {', '.join(part.name for part in elsewhere)}")
        for name in (part.name for part in elsewhere if part.name in probes.PROBES):
            try:
                probes.PROBES[name](self.installation)
            except Unusable as error:
                raise StackError(f"your own {name} can't be used: {error}") from error
            except Doubtful as doubt:
                progress.say(f"{name}: {doubt}")

    def clear_leftovers(self, progress: Progress) -> None:
        """End what a killed supervisor may have left running."""
        if self.supervisor.alive():
            return
        if count := processes.kill_all(processes.belonging_to(self.installation.state)):
            progress.say(f"ended {count} processes that an earlier run had left behind")

    def require_free_ports(self, chosen: Iterable[Component]) -> None:
        """Raise StackError naming each port that somebody else holds."""
        running = self.running_parts()
        down = [each for each in chosen if each.name not in running]
        ports = [(each.name, self.installation.ports[port]) for each in down for port in each.ports]
        held = [(name, port, who) for name, port in ports if (who := processes.holder(port))]
        if held:
            lines = "\n".join(f"  port {port}, needed by {name}, is held by {who}" for name, port, who in held)
            raise StackError(
                f"ports are taken:\n{lines}\nend those, or set another SHOPMESH_PORT_OFFSET in .env, such as 1000"
            )

    def prepare(self, chosen: list[Component], progress: Progress) -> None:
        """Fetch and configure the parts, and give the supervisor their commands."""
        fetch_all(summary.downloads_of(chosen), self.installation.cache, progress)
        progress.say(f"configuring {', '.join(part.name for part in chosen)}")
        Certificates(self.installation).renew()
        for part in chosen:
            part.fetch(self.installation, progress)
            part.configure(self.installation)
            self.supervisor.configure(part.name, part.command(self.installation), self.mark(part))
        self.supervisor.apply()

    def mark(self, part: Component) -> str:
        """Changes when a running process must be replaced although its command is the same."""
        return f"{part.fingerprint(self.installation)} {[self.installation.ports[name] for name in part.ports]}"

    def start_wave(self, parts: list[Component], progress: Progress) -> None:
        """Start the parts together, and wait for those that later waves need."""
        if parts:
            progress.say(f"starting {', '.join(part.name for part in parts)}")
            self.supervisor.start([part.name for part in parts])
        self.wait_all([part for part in parts if part.wave is not Wave.VIEWERS], progress)

    def wait_all(self, parts: list[Component], progress: Progress) -> None:
        for part in parts:
            self.wait_ready(part.name, progress=progress)
        if parts:
            progress.say(f"{', '.join(part.name for part in parts)}: ready")

    def fill(self, progress: Progress) -> None:
        """Make the log-ins and the demo shop, once, and again when its generator changed."""
        stamp, wanted = self.installation.folder() / "filled", seed.fingerprint()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        progress.say("creating the log-ins")
        accounts.ensure_all(self.installation, self.environment("auth"))
        seed.seed(self.installation, progress)
        stamp.write_text(wanted)

    def wait_ready(self, name: str, timeout: float = 60, progress: Progress | None = None) -> None:
        """Return when the part serves; raise StackError with its last log lines where it doesn't.

        It has `timeout` seconds, or a quarter of that when it keeps ending by itself.
        """
        progress, began, told = progress or Silent(), time.monotonic(), 0.0
        while True:
            try:
                return self.components[name].ready(self.installation)
            except NotReadyError as error:
                waited = time.monotonic() - began
                if waited > timeout or (waited > timeout / 4 and self.keeps_ending(name)):
                    raise StackError(f"{name} isn't ready after {waited:.0f} s: {error}\n{self.tail(name)}") from error
                if waited > told + SAY_EVERY_S:
                    told = waited
                    progress.say(f"waiting for {name}: {error}")
            time.sleep(0.1)

    def keeps_ending(self, name: str) -> bool:
        state = self.states().get(name)
        return state is None or state.state == "BACKOFF"

    def tail(self, name: str, lines: int = 15) -> str:
        """The last lines of the part's log, indented."""
        log = self.supervisor.log(name)
        text = log.read_text(errors="replace") if log.exists() else ""
        return "\n".join(f"  | {line}" for line in text.splitlines()[-lines:])

    def down(self) -> None:
        """Stop everything, the newest wave first; nothing of this stack runs afterwards. A start under way ends first."""
        with locked(self.installation.folder("run")):
            with suppress(StackError):  # whatever would not end in time is killed below
                self.end_gently()
            processes.kill_all(processes.belonging_to(self.installation.state))

    def end_gently(self) -> None:
        states = self.states()
        for wave in reversed(Wave):
            names = [each.name for each in COMPONENTS if each.wave is wave and each.name in states]
            self.supervisor.stop(names)
        self.supervisor.shutdown()

    def reset(self) -> None:
        """Stop everything and remove its data; the cache of downloads stays, and so do the tests' stack and cluster."""
        self.down()
        for place in self.installation.state.iterdir():
            if place.name != "test" and not place.name.startswith("cluster"):
                remove(place)

    def start(self, name: str) -> None:
        """Start the part; StackError where the supervisor does not run it."""
        self.refuse_elsewhere(name)
        self.supervisor.start([name])

    def stop(self, name: str) -> None:
        """Stop the part; it stays down until `start` or `up`. StackError where the supervisor does not run it."""
        self.refuse_elsewhere(name)
        self.supervisor.stop([name])

    def refuse_elsewhere(self, name: str) -> None:
        if name not in self.components:
            raise StackError(f"{name} is your own server by the settings: nothing of it runs here")

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

    def running_parts(self) -> set[str]:
        """The names of the parts that the supervisor keeps running."""
        return {name for name, state in self.states().items() if state.running}

    def states(self) -> dict[str, ProcessState]:
        """What the supervisor knows, by part."""
        return self.supervisor.states()

    def address(self, name: str) -> str:
        """`host:port` of a name in ports.toml."""
        return self.installation.address(name)

    def environment(self, service: str) -> dict[str, str]:
        """The variables that the service is started with."""
        return service_environment(service, self.installation)


def remove(place: Path) -> None:
    """Remove a file, a folder, or a link together with the folder it leads to."""
    target = place.resolve()
    if target.is_dir():
        shutil.rmtree(target)
    if place.is_symlink() or place.exists():
        place.unlink()
