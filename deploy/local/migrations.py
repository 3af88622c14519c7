"""Brings the services' schemas and topics up to date, where code or stores changed since the last time."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from deploy.local import databases
from deploy.local.accounts import run_service
from deploy.local.components import COMPONENTS
from deploy.local.components.base import Component
from deploy.local.components.service import Service
from deploy.local.environment import PREFIX, prefix_file, service_environment, topic_prefix
from deploy.local.errors import StackError
from deploy.local.files import write_private
from deploy.local.installation import Installation
from deploy.local.progress import Progress


def migrate(services: list[str], installation: Installation, progress: Progress) -> None:
    """Create missing databases, and run each due service's `migrate`; a failure is a StackError with its output."""
    due = [name for name in services if not migrated(name, installation)]
    if not due:
        return
    progress.say(f"migrating {', '.join(due)}")
    databases.create(installation)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for name in pool.map(lambda name: migrate_one(name, installation), due):
            progress.say(f"{name}: migrated")


def follow_restore(parts: Iterable[Component], installation: Installation) -> bool:
    """Where the databases came out of a backup, go on with the topics that they name; whether that changes anything."""
    if not any(isinstance(part, Service) for part in parts):
        return False
    if "POSTGRES_URL" in installation.overrides:
        databases.create(installation)  # another checkout's roles have other passwords
    prefix = databases.prefix_named(installation)
    if prefix is None or prefix == topic_prefix(installation):
        return False
    if (own := f"{PREFIX}PREFIX") in installation.overrides:
        raise StackError(f"the databases were restored and go with the topics {prefix}*: put {own}={prefix} into .env")
    write_private(prefix_file(installation), prefix)
    return True


def migrated(service: str, installation: Installation) -> bool:
    """Whether our own stores have seen this code's migrations, and the topics are made; somebody else's may be wiped."""
    stamp = installation.folder("migrated") / service
    own = not any(part.replaced(installation) for part in COMPONENTS)
    return own and stamp.exists() and stamp.read_text() == wanted(service, installation)


def wanted(service: str, installation: Installation) -> str:
    """What the stamp of a service says: its code, and which topics it made."""
    return f"{Service(service).fingerprint(installation)} {topic_prefix(installation)}"


def migrate_one(service: str, installation: Installation) -> str:
    stamp = wanted(service, installation)
    run_service(service, service_environment(service, installation), "migrate")
    write_private(installation.folder("migrated") / service, stamp)
    return service
