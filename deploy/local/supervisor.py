"""The supervisor's configuration, and talking to it: it starts every part, brings back what dies, keeps the logs."""

import hashlib
import os
import shlex
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport

from deploy.local.components.base import Command
from deploy.local.errors import StackError
from deploy.local.files import write_private
from deploy.local.installation import Installation

MARKER = "LOCAL_STACK"
LAUNCHER = Path(__file__).with_name("launch.py")
LONGEST_SOCKET_PATH = 100
MAIN = """\
[unix_http_server]
file={socket}
chmod=0700
[supervisord]
logfile={logs}/supervisor.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile={run}/supervisor.pid
childlogdir={logs}
{user}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[include]
files={run}/programs/*.conf
"""
PROGRAM = """\
[program:{name}]
command={command}
directory={directory}
autostart=false
autorestart=true
startsecs=1
startretries=1000
stopsignal={stop_signal}
stopwaitsecs=4
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=2
"""


@dataclass(frozen=True)
class ProcessState:
    """What the supervisor knows of one program; `pid` is 0 when it isn't running, `started` is a Unix time."""

    name: str
    state: str
    pid: int
    started: int

    @property
    def running(self) -> bool:
        return self.state in {"RUNNING", "STARTING", "BACKOFF"}


class Supervisor:
    """The one supervisor of an installation."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._run = installation.folder("run")
        self._logs = installation.folder("logs")

    @property
    def socket(self) -> Path:
        """Its control socket; a path too long for the kernel is replaced by a short one."""
        path = self._run / "supervisor.sock"
        if len(str(path)) <= LONGEST_SOCKET_PATH:
            return path
        short = hashlib.sha256(str(path).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"shopmesh-{os.geteuid()}-{short}"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / "supervisor.sock"

    def log(self, name: str) -> Path:
        """The file that holds the program's output."""
        return self._logs / f"{name}.log"

    def pid(self) -> int:
        """Its own process id; 0 when it isn't running."""
        return int(self._ask_if_alive("getPID") or 0)

    def alive(self) -> bool:
        """Whether the supervisor answers, also while it is ending."""
        try:
            return self._ask_if_alive("getState") is not None
        except StackError:
            return True

    def states(self) -> dict[str, ProcessState]:
        """Every known program by name; empty when the supervisor isn't running."""
        infos: list[dict[str, Any]] = self._ask_if_alive("getAllProcessInfo") or []
        return {
            each["name"]: ProcessState(each["name"], each["statename"], each["pid"], each["start"]) for each in infos
        }

    def configure(self, name: str, command: Command, fingerprint: str) -> None:
        """Write the program's section and its environment file."""
        envfile = self._installation.folder("env") / f"{name}.env"
        environment = {**base_environment(), **command.environment, MARKER: str(self._installation.state)}
        write_private(envfile, "".join(f"{key}={value}\n" for key, value in sorted(environment.items())))
        mark = hashlib.sha256(f"{fingerprint} {sorted(environment.items())}".encode()).hexdigest()[:12]
        prefix = (sys.executable, "-I", str(LAUNCHER), mark, str(envfile), command.stop_signal, command.user or "-")
        line = shlex.join((*prefix, *command.arguments)).replace("%", "%%")
        section = PROGRAM.format(
            name=name, command=line, directory=self._installation.root, stop_signal=command.stop_signal, logs=self._logs
        )
        write_private(self._installation.folder("run", "programs") / f"{name}.conf", section)

    def apply(self) -> None:
        """Start the supervisor, or have a running one take up changed sections; changed programs are stopped."""
        user = "user=root" if os.geteuid() == 0 else ""
        main = MAIN.format(socket=self.socket, logs=self._logs, run=self._run, user=user)
        write_private(self._run / "supervisor.conf", main)
        if self.alive():
            self._reload()
        else:
            self._launch()

    def _launch(self) -> None:
        program = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._run / "supervisor.conf")]
        subprocess.run(
            program,
            check=True,
            cwd=self._installation.root,
            env={**base_environment(), MARKER: str(self._installation.state)},
        )
        wait_until(self.alive, 10, "the supervisor doesn't answer")

    def _reload(self) -> None:
        ((added, changed, removed),) = self._ask("reloadConfig")
        self.stop([*changed, *removed])
        for name in (*changed, *removed):
            self._ask("removeProcessGroup", name)
        for name in (*added, *changed):
            self._ask("addProcessGroup", name)

    def start(self, names: list[str]) -> None:
        """Start the programs that aren't running; returns at once."""
        for name in names:
            self._tolerating(Faults.ALREADY_STARTED, "startProcess", name)

    def stop(self, names: list[str], seconds: float = 6) -> None:
        """Stop the programs together; returns when they have ended."""
        for name in names:
            self._tolerating(Faults.NOT_RUNNING, "stopProcess", name)
        wait_until(lambda: not self._running(names), seconds, f"{', '.join(names)} won't stop")

    def shutdown(self) -> None:
        """End the supervisor, and with it whatever still runs under it."""
        if self._ask_if_alive("shutdown"):
            wait_until(lambda: not self.alive(), 8, "the supervisor won't end")

    def _running(self, names: list[str]) -> list[str]:
        states = self.states()
        return [name for name in names if name in states and states[name].pid]

    def _tolerating(self, fault: int, method: str, name: str) -> None:
        """Start or stop without waiting for it; `fault` says that it was so already."""
        try:
            self._ask(method, name, False)
        except OSError as error:
            raise StackError("the stack is down: `make up` starts it") from error
        except xmlrpc.client.Fault as error:
            if error.faultCode == Faults.BAD_NAME:
                raise StackError(f"{name} is no part of what runs: `make up` starts it") from error
            if error.faultCode != fault:
                raise

    def _ask_if_alive(self, method: str) -> Any:
        """The answer, or None where no supervisor listens."""
        try:
            return self._ask(method)
        except OSError:
            return None

    def _ask(self, method: str, *arguments: Any) -> Any:
        """One remote call of the supervisor's API."""
        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        try:
            api = xmlrpc.client.ServerProxy("http://localhost", transport=transport).supervisor
            return getattr(api, method)(*arguments)
        except xmlrpc.client.Fault as error:
            if error.faultCode == Faults.SHUTDOWN_STATE:
                raise StackError("the stack is going down just now: try again in a moment") from error
            raise
        finally:
            transport.close()


def base_environment() -> dict[str, str]:
    """What every process gets; nothing else of the caller's environment reaches the stack."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER")
    return {name: os.environ[name] for name in kept if name in os.environ}


def wait_until(condition: Callable[[], bool], seconds: float, failure: str) -> None:
    """Return when the condition holds; raise StackError with `failure` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise StackError(failure)
        time.sleep(0.05)
