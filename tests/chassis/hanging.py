"""A service whose consumer or relay hangs in a thread, as in a library that never answers: `python -m ... consumer`."""

import asyncio
import sys
import threading
from types import SimpleNamespace
from typing import Any

from services.chassis import progress, service
from services.chassis.consumer import Consumer
from services.chassis.effects import DirectEffects
from services.chassis.relay import Relay
from services.chassis.service import Service, serve
from services.chassis.settings import ChassisSettings
from services.chassis.threads import in_thread

SETTINGS: Any = SimpleNamespace(prefix="", kafka_client={})


class HangingConsumer(Consumer):
    async def run(self) -> None:
        await in_thread(threading.Event().wait)


class HangingRelay(Relay):
    async def run(self) -> None:
        await in_thread(threading.Event().wait)


async def no_keys() -> str:
    return '{"keys": []}'


def made(kind: str) -> Service:
    if kind == "relay":
        database: Any = None
        return Service(public=[], fetch_keys=no_keys, relay=HangingRelay(SETTINGS, database, "tests"))
    return Service(
        public=[], fetch_keys=no_keys, consumers=[HangingConsumer(SETTINGS, "tests", [], {}, DirectEffects())]
    )


if __name__ == "__main__":
    progress.LOOK_SECONDS, progress.STILL_SECONDS, service.CANCEL_AGAIN_SECONDS = 0.05, 0.5, 0.5
    asyncio.run(serve(made(sys.argv[1]), ChassisSettings(), ["consumer", "relay"]))
