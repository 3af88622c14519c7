"""A port behind which nobody talks: each connection is closed at once."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, TCPServer
from threading import Event, Thread

LONGEST_TURN_S = 1.0


@contextmanager
def slamming(loop: asyncio.AbstractEventLoop | None = None) -> Iterator[tuple[int, list[float]]]:
    """The port, and the times at which connections came.

    A thread closes each before it takes the next: asyncio's server, closed between taking a connection and telling of
    it, leaves that one open to the collector. With a loop it does so between two of its turns: what is sent in one turn
    comes first.
    """
    came: list[float] = []

    class Slam(BaseRequestHandler):
        def handle(self) -> None:
            came.append(time.monotonic())
            if loop is not None:
                turned = Event()
                loop.call_soon_threadsafe(turned.set)
                turned.wait(LONGEST_TURN_S)  # the loop stands still where the block is just being left

    with TCPServer(("127.0.0.1", 0), Slam) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1], came
        finally:
            server.shutdown()
            thread.join()
