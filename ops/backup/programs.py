"""PostgreSQL's own programs, run without showing a password to whoever lists processes."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ops.errors import Refused

LINES = 5


class Programs:
    """pg_dump and pg_restore, of a folder or, where it is empty, on PATH."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def path(self, name: str) -> str:
        """Refused where it is not there."""
        found = shutil.which(name, path=self._folder or None)
        if found is None:
            where = f"in {self._folder}" if self._folder else "on PATH: install PostgreSQL's client programs"
            raise Refused(f"there is no {name} {where}, or name their folder by SHOPMESH_BACKUP_PROGRAMS")
        return found

    def major(self, name: str) -> int:
        """The program's major version."""
        answer = subprocess.run([self.path(name), "--version"], capture_output=True, text=True, check=True).stdout
        return int(answer.split()[2].partition(".")[0])

    async def run(self, name: str, address: str, *arguments: str) -> None:
        """Runs it to its end on the database of this address; Refused with its last words where it fails."""
        place, password = _without_password(address)
        process = await asyncio.create_subprocess_exec(
            self.path(name),
            f"--dbname={place}",
            *arguments,
            env={**os.environ, **password},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            _, errors = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            last = " / ".join(errors.decode(errors="replace").strip().splitlines()[-LINES:])
            raise Refused(f"{Path(name).name} failed: {last}")


def _without_password(address: str) -> tuple[str, dict[str, str]]:
    parts = conninfo_to_dict(address)
    password = parts.pop("password", None)
    return make_conninfo("", **parts), {"PGPASSWORD": str(password)} if password else {}
