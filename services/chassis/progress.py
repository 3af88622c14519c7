"""Whether a part of a process still moves: one that waits for a broker or a store comes round again all the same."""

import asyncio

LOOK_SECONDS = 1.0
STILL_SECONDS = 60.0
"""A round of a part is shorter, whatever is away: one that is not over by then never will be."""


class StandsStill(Exception):
    """A part hangs, in a library as a rule; only the end of its process rids it of that."""


class Progress:
    """The steps of a part, and how long there was none. In looks, not by the clock: a process that was paused has not
    looked either."""

    def __init__(self) -> None:
        self._looks = 0

    def step(self) -> None:
        """Says that the part moves."""
        self._looks = 0

    async def watch(self) -> None:
        """Raises StandsStill once there was no step for STILL_SECONDS."""
        self._looks = 0
        while self._looks * LOOK_SECONDS < STILL_SECONDS:
            await asyncio.sleep(LOOK_SECONDS)
            self._looks += 1
        raise StandsStill(f"no step for {STILL_SECONDS:.0f} s")
