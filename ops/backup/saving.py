"""Making a backup: carts first, then all databases as of one moment."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ops.backup import carts, manifest
from ops.backup.manifest import Manifest, SavedCarts, SavedDatabase
from ops.backup.programs import Programs
from ops.backup.settings import BackupSettings
from ops.backup.shelf import Shelf
from ops.backup.snapshots import Snapshot, snapshots
from ops.errors import Refused

AT_ONCE = 2
"""Dumps side by side: the shop goes on meanwhile and wants its processors."""
CARTS = "carts.jsonl.gz"
Say = Callable[[str], None]


async def back_up(settings: BackupSettings, shelf: Shelf, say: Say) -> Path:
    """Saves the whole shop; where to. Refused, and nothing left behind, where a store cannot be read."""
    programs, time = Programs(settings.backup_programs), datetime.now(UTC)
    version = programs.major("pg_dump")
    with shelf.draft(time) as draft:
        # Before the databases: what a cart misses is told again by the events in them, never the other way round.
        saved_carts = await _save_carts(settings, draft, say)
        async with snapshots(settings) as taken:
            _refuse_newer(taken, version)
            say(f"{len(taken)} databases as of {taken['payment'].time.isoformat(timespec='milliseconds')}")
            databases = await _dump_all(settings, programs, taken, draft, say)
        whole = Manifest(
            time=taken["payment"].time,
            prefix=settings.prefix,
            pg_dump=version,
            databases=databases,
            carts=saved_carts,
        )
        manifest.write(draft, whole)
    return shelf.path(time)


def _refuse_newer(taken: dict[str, Snapshot], version: int) -> None:
    newest = max(snapshot.server for snapshot in taken.values())
    if newest > version:
        raise Refused(f"pg_dump {version} cannot read PostgreSQL {newest}: name a folder by SHOPMESH_BACKUP_PROGRAMS")


async def _save_carts(settings: BackupSettings, draft: Path, say: Say) -> SavedCarts:
    file = draft / CARTS
    async with carts.opened(settings.valkey_url.get_secret_value()) as valkey:
        keys = await carts.save(valkey, file)
    say(f"carts: {keys:,} keys")
    return SavedCarts(**manifest.measured(file), keys=keys)


async def _dump_all(
    settings: BackupSettings, programs: Programs, taken: dict[str, Snapshot], draft: Path, say: Say
) -> dict[str, SavedDatabase]:
    room = asyncio.Semaphore(AT_ONCE)

    async def dumped(service: str) -> SavedDatabase:
        async with room:
            saved = await _dump(programs, settings.address(service), taken[service], draft / f"{service}.dump")
        say(f"{service}: {saved.size:,} bytes")
        return saved

    async with asyncio.TaskGroup() as group:
        tasks = {service: group.create_task(dumped(service)) for service in taken}
    return {service: task.result() for service, task in tasks.items()}


async def _dump(programs: Programs, address: str, snapshot: Snapshot, file: Path) -> SavedDatabase:
    """Without owners and rights: they are the installation's, and the roles may have other names where it is restored."""
    options = ("--format=custom", "--no-owner", "--no-acl", "--no-sync")
    await programs.run("pg_dump", address, *options, f"--snapshot={snapshot.id}", f"--file={file}")
    return SavedDatabase(
        **await asyncio.to_thread(manifest.measured, file),
        database=snapshot.database,
        revision=snapshot.revision,
        incarnation=snapshot.incarnation,
        server=snapshot.server,
        snapshot_time=snapshot.time,
    )
