"""A part that hangs ends its process; one that only waits does not."""

import asyncio
import subprocess
import sys

import pytest

from services.chassis import progress
from services.chassis.progress import Progress, StandsStill


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(progress, "STILL_SECONDS", 0.2)


async def test_a_part_without_a_step_stands_still() -> None:
    with pytest.raises(StandsStill, match="no step for"):
        await asyncio.wait_for(Progress().watch(), 10)


async def test_a_part_that_steps_now_and_then_does_not() -> None:
    part = Progress()
    watching = asyncio.create_task(part.watch())
    for _ in range(10):
        await asyncio.sleep(0.05)
        part.step()
    assert not watching.done()
    watching.cancel()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["consumer", "relay"])
def test_a_part_that_hangs_in_a_library_ends_its_process(kind: str) -> None:
    ended = subprocess.run([sys.executable, "-m", "tests.chassis.hanging", kind], capture_output=True, timeout=60)
    assert ended.returncode == 1, ended
    said = ended.stdout.decode()
    assert "part_ended" in said
    assert "StandsStill" in said
    assert "in wait" in ended.stderr.decode(), "where it hangs"
