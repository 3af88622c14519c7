"""A relay or a consumer as a process that stops at a point and says so: `python -m tests.events.part relay <json>`.

At the point it prints a line and waits for one; whoever pauses it there has it exactly where it should be.
"""

import asyncio
import json
import signal
import sys
from typing import Any

import uvloop
from confluent_kafka import Producer
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.chassis import logs, relay
from services.chassis.events import Event
from tests.events.world import World, world_on
from tests.parts import running

HERE = "here"


class Point:
    """Is come to once."""

    def __init__(self) -> None:
        self._passed = False

    def come(self) -> None:
        """The first time: says so, and waits to be told to go on."""
        if not self._passed:
            self._passed = True
            print(HERE, flush=True)
            sys.stdin.readline()


POINT = Point()


class HoldingProducer(Producer):
    """Stops between what was produced and its commit."""

    def flush(self, *args: Any) -> int:
        left: int = super().flush(*args)
        POINT.come()
        return left


def holding_handler(world: World, name: str) -> Any:
    """Stops inside the transaction of the event of this name, behind its effect."""

    async def handle(event: Event[UserRegistered]) -> None:
        await world.handle(event)
        if event.data.display_name == name:
            await asyncio.to_thread(POINT.come)

    return handle


async def run(kind: str, kafka: str, database_url: str, prefix: str, at: str) -> None:
    """Runs until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with world_on(kafka, database_url, prefix) as world:
        part = world.relay() if kind == "relay" else world.consumer(holding_handler(world, at))
        async with running(part):
            await stop.wait()


if __name__ == "__main__":
    logs.set_up("events", "INFO")
    relay.Producer = HoldingProducer  # type: ignore[attr-defined]
    uvloop.run(run(**json.loads(sys.argv[1])))
