"""Wake-ups between the parts of one process: a commit that left work tells the part that does it.

Only a matter of speed: parts in other processes, and lost wake-ups, are covered by polling.
"""

import asyncio

_events: dict[str, asyncio.Event] = {}


def wake(part: str) -> None:
    """Ends the present or the next ``wait`` of this part."""
    _events.setdefault(part, asyncio.Event()).set()


async def wait(part: str, timeout: float) -> None:
    """Waits for a wake-up, at most ``timeout`` seconds."""
    event = _events.setdefault(part, asyncio.Event())
    try:
        # Not wait_for: in Python 3.11 it loses a cancellation that comes together with the wake-up.
        async with asyncio.timeout(timeout):
            await event.wait()
    except TimeoutError:
        return
    finally:
        event.clear()
