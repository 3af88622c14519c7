"""kill -9 of any pod at any time: requests may fail meanwhile, but what was accepted is kept, and the shop comes back."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from kubernetes import client

from deploy.local.installation import SERVICES
from tests.cluster.figures import note
from tests.cluster.load.report import Report
from tests.cluster.loading import assert_all_ended_right, loaded
from tests.cluster.release import Release
from tests.cluster.report import ready

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1200)]
SHORT_S, FULL_S = 60.0, 300.0
PAUSES_S = (2.0, 6.0)
BACK_S = 90.0
"""Time for a killed pod's successor to be ready, with both cores at work."""
CALM_S = 10.0
"""Once all are back, the last so many seconds of the load see no failure."""


@dataclass(frozen=True)
class Kill:
    """One pod's end; `back_s` is how long its service, or the edge, had fewer ready pods than it should have."""

    service: str
    time: float
    back_s: float


def test_whoever_is_killed_every_accepted_order_ends_right(shop: Release, full: bool) -> None:
    seed = random.randrange(2**32)
    shop.progress.say(f"kills: seed {seed}")
    with loaded(shop) as load:
        kills = storm(shop, random.Random(seed), FULL_S if full else SHORT_S)
        back_s = shop.wait_ready()
        calm = time.time() + CALM_S / 2  # what was asked before the last one was back may still fail
        time.sleep(1.5 * CALM_S)
    report = load.report
    note(
        shop.progress,
        "kills",
        {"seed": seed, "ready_seconds": round(back_s, 1)} | figures(kills, report) | report.figures(),
    )
    assert {each.service for each in kills} == {*SERVICES, "edge"}
    assert_all_ended_right(report)
    late = [each for each in report.failed if each.time > calm]
    assert not late, f"requests failed when all were back:\n{Report(failed=late).failures()}"
    shop.audit()


def storm(shop: Release, chance: random.Random, seconds: float) -> list[Kill]:
    """Kills for so long, and until each service was met."""
    ends = time.monotonic() + seconds
    victims = [*SERVICES, "edge"]
    chance.shuffle(victims)
    with ThreadPoolExecutor(max_workers=64) as watchers:
        watched = []
        while victims or time.monotonic() < ends:
            service = victims[-1] if victims else chance.choice([*SERVICES, "edge"])
            pods = shop.pods(service)
            if pods:
                pod = chance.choice(pods)
                began = time.time()
                shop.kill(pod)
                watched.append((service, began, watchers.submit(back, shop, service, pod)))
                del victims[-1:]
            time.sleep(chance.uniform(*PAUSES_S))
        return [Kill(service, began, watching.result() - began) for service, began, watching in watched]


def back(shop: Release, service: str, killed: client.V1Pod) -> float:
    """When the service had as many ready pods as it should have, without the killed one."""
    wanted = shop.apps.read_namespaced_deployment(f"{shop.name}-{service}", shop.namespace).spec.replicas
    ends = time.monotonic() + BACK_S
    while time.monotonic() < ends:
        others = [each for each in shop.pods(service) if each.metadata.uid != killed.metadata.uid]
        if sum(ready(each) for each in others) >= wanted:
            return time.time()
        time.sleep(0.5)
    raise AssertionError(f"{service} is not back {BACK_S:.0f} s after {killed.metadata.name} was killed")


def figures(kills: list[Kill], report: Report) -> dict[str, Any]:
    """How many were killed, how long pods were missing, and how long after a kill requests failed."""
    began = [each.time for each in kills]
    failing = [report.last_failure(each, until) for each, until in zip(began, [*began[1:], time.time()], strict=True)]
    backs = sorted(each.back_s for each in kills)
    return {
        "kills": len(kills),
        "services": {name: sum(each.service == name for each in kills) for name in sorted({k.service for k in kills})},
        "recovery_median_s": round(backs[len(backs) // 2], 1),
        "recovery_longest_s": round(backs[-1], 1),
        "failing_longest_s": round(max(failing), 1),
    }
