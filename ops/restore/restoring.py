"""The steps of a restore. None touches what is in use until the last, and that is one transaction.

So a restore that was killed, wherever that was, is begun again from the start and ends the same: as a life of its own.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ops.backup import carts, manifest
from ops.backup.manifest import Manifest
from ops.backup.programs import Programs
from ops.backup.settings import BackupSettings
from ops.backup.shelf import BEFORE_RESTORE
from ops.errors import Refused
from ops.restore import gates, incarnations
from ops.restore.server import Live, Server
from ops.restore.services import Menders

AT_ONCE = 2
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a restore will do."""

    backup: Path
    manifest: Manifest
    incarnation: int
    prefix: str
    live: list[Live]

    @property
    def kept_carts(self) -> Path:
        """Where the carts that are replaced are kept."""
        return self.backup.parent / f"carts{BEFORE_RESTORE}{self.incarnation}.jsonl.gz"

    @property
    def kept(self) -> list[str]:
        """The names of the databases that are put aside."""
        return [each.kept(self.incarnation) for each in self.live if each.exists and each.incarnation]


async def plan(settings: BackupSettings, server: Server, backup: Path, prefix: str, edge_closed: bool) -> Plan:
    """Looks whether the restore may begin, and what it will do. Refused where it may not; touches nothing."""
    whole = manifest.read(backup)
    manifest.verify(backup, whole)
    _refuse_older_program(settings, whole)
    await gates.refuse_open_edge(settings.backup_edge_url, edge_closed)
    live = await server.live(settings)
    await gates.refuse_sessions(server.connection, [each.name for each in live])
    begun = incarnations.begun(backup.parent)
    before = [each.incarnation for each in begun] + await server.kept_before(live)
    number = incarnations.following([whole.incarnation, *(each.incarnation for each in live), *before])
    incarnations.refuse_known_prefix(prefix, [settings.prefix, whole.prefix, *(each.prefix for each in begun)])
    topics = prefix or incarnations.prefix_of(settings.prefix or whole.prefix, number)
    return Plan(backup, whole, number, topics, live)


def _refuse_older_program(settings: BackupSettings, whole: Manifest) -> None:
    version = Programs(settings.backup_programs).major("pg_restore")
    if version < whole.pg_dump:
        raise Refused(f"pg_restore {version} cannot read what pg_dump {whole.pg_dump} wrote: take a newer one")


async def restore(settings: BackupSettings, server: Server, planned: Plan, say: Say) -> None:
    """Does what was planned. Refused where a step fails: the databases are then as they were."""
    incarnations.write_down(
        planned.backup.parent,
        incarnations.restore_of(planned.incarnation, planned.prefix, planned.backup, datetime.now(UTC)),
    )
    await _prepare_all(settings, server, planned, say)
    await gates.refuse_sessions(server.connection, [each.name for each in planned.live])
    await _replace_carts(settings, planned, say)
    say("putting the databases in their places")
    await server.swap(planned.live, planned.incarnation)
    for each in planned.live:
        if each.exists and not each.incarnation:
            await server.drop(each.kept(planned.incarnation))
    say("restored")


async def _prepare_all(settings: BackupSettings, server: Server, planned: Plan, say: Say) -> None:
    for each in planned.live:
        await server.make_anew(each.restoring, each.owner)
    room, menders = asyncio.Semaphore(AT_ONCE), Menders()

    async def prepared(live: Live) -> None:
        async with room:
            say(f"{live.service}: filling {live.restoring}")
            dump = planned.backup / planned.manifest.databases[live.service].file
            await _fill(settings, live, dump)
            address = live.restoring_address
            counts = await menders.make_good(live.service, address, planned.incarnation, planned.prefix)
            say(f"{live.service}: {', '.join(f'{name} {count:,}' for name, count in counts.items())}")

    async with asyncio.TaskGroup() as group:
        for each in planned.live:
            group.create_task(prepared(each))


async def _fill(settings: BackupSettings, live: Live, dump: Path) -> None:
    options = ("--no-owner", "--no-acl", "--single-transaction", str(dump))
    await Programs(settings.backup_programs).run("pg_restore", live.restoring_address, *options)


async def _replace_carts(settings: BackupSettings, planned: Plan, say: Say) -> None:
    """Before the databases: should this be where it is killed, older carts in a newer shop harm nobody."""
    async with carts.opened(settings.valkey_url.get_secret_value()) as valkey:
        say(f"keeping the carts of now in {planned.kept_carts.name}")
        if not await carts.save(valkey, planned.kept_carts):
            planned.kept_carts.unlink()
        say("replacing the carts")
        count = await carts.load(valkey, planned.backup / planned.manifest.carts.file)
    say(f"carts: {count:,} keys")
