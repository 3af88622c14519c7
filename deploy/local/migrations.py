"""Brings the services' schemas and topics up to date, where code or stores changed since the last time."""

import os
from concurrent.futures import ThreadPoolExecutor

from deploy.local import databases
from deploy.local.accounts import run_service
from deploy.local.components import COMPONENTS
from deploy.local.components.service import Service
from deploy.local.environment import PREFIX, restored_prefix, service_environment, topic_prefix
from deploy.local.errors import StackError
from deploy.local.files import write_private
from deploy.local.installation import Installation
from deploy.local.progress import Progress


def migrate(services: list[str], installation: Installation, progress: Progress) -> None:
    """Create missing databases, and run each due service's `migrate`; a failure is a StackError with its output."""
    if services:
        follow_restore(installation)
    due = [name for name in services if not migrated(name, installation)]
    if not due:
        return
    progress.say(f"migrating {', '.join(due)}")
    databases.create(installation)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for name in pool.map(lambda name: migrate_one(name, installation), due):
            progress.say(f"{name}: migrated")


def follow_restore(installation: Installation) -> None:
    """Where the databases came out of a backup, go on with the topics that they name, and have them made."""
    prefix = databases.restored_prefix(installation)
    if prefix is None or prefix == topic_prefix(installation):
        return
    if (own := f"{PREFIX}PREFIX") in installation.overrides:
        raise StackError(f"the databases were restored and go with the topics {prefix}*: put {own}={prefix} into .env")
    write_private(restored_prefix(installation), prefix)
    for stamp in installation.folder("migrated").iterdir():
        stamp.unlink()


def migrated(service: str, installation: Installation) -> bool:
    """Whether our own stores have seen this code's migrations; somebody else's may have been wiped, so ask them."""
    stamp = installation.folder("migrated") / service
    own = not any(part.replaced(installation) for part in COMPONENTS)
    return own and stamp.exists() and stamp.read_text() == Service(service).fingerprint(installation)


def migrate_one(service: str, installation: Installation) -> str:
    fingerprint = Service(service).fingerprint(installation)
    run_service(service, service_environment(service, installation), "migrate")
    write_private(installation.folder("migrated") / service, fingerprint)
    return service
