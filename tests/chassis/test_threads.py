"""Blocking calls in threads: what fails or is cancelled leaves nothing behind."""

import asyncio
import contextlib
import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from services.chassis.threads import in_thread
from tests.waiting import until


class Client:
    """As a Kafka client, which works on behind its owner's back until it is freed."""

    def fail(self) -> None:
        raise ConnectionError


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.usefixtures("uncollected")
async def test_what_a_failed_call_was_given_is_freed_without_the_collector() -> None:
    client = Client()
    freed = weakref.ref(client)
    with contextlib.suppress(ConnectionError):  # pytest.raises would keep the error, and what it leads to
        await in_thread(client.fail)
    del client

    async def gone() -> bool:
        return freed() is None

    await until(gone, "the thread to let it go", within_s=5)


@pytest.mark.parametrize("times", [1, 3])
async def test_a_cancelled_call_is_waited_for_however_often(times: int) -> None:
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def call() -> None:
        began.set()
        may_end.wait()
        ended.set()

    running = asyncio.create_task(in_thread(call))
    await asyncio.to_thread(began.wait)
    for _ in range(times):
        running.cancel()
        done, _waiting = await asyncio.wait({running}, timeout=0.05)  # as long as it takes to be told
        assert not done
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()
