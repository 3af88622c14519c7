"""Calls spread over the pods of a service, from the edge and from other services, and over a new pod soon."""

import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.cluster.figures import note
from tests.cluster.loading import assert_none_failed, loaded
from tests.cluster.pods import calls, memory
from tests.cluster.release import Release

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]
MEASURED_S = 15.0
KNOWN_S = 17.0
"""The tests' values let connections live for 10 s; all that are left this long after a pod was ready know it."""
MORE_BUYERS = ("--readers", "18", "--buyers", "12")
"""Services call each other for those who buy."""
FROM_EDGE = "shopmesh.catalog.v1.CatalogService/"
FROM_SERVICES = "shopmesh.catalog.v1.CatalogInternalService/"
Spread = dict[str, dict[str, float]]


def test_calls_spread_over_replicas_also_after_scaling_up(shop: Release) -> None:
    try:
        with loaded(shop, *MORE_BUYERS) as load:
            wait_known(shop)
            two = measured(shop)
            scaled = shop.scale({"catalog": 3})
            wait_known(shop)
            three = measured(shop)
    finally:
        shop.scale({"catalog": 2})
    note(shop.progress, "replicas", {"two": shares(two), "three": shares(three), "scale_seconds": round(scaled, 1)})
    note(shop.progress, "memory of a pod after load, MB", memory(shop))
    assert_none_failed(load.report)
    assert_even(two, 2)
    assert_even(three, 3)


def wait_known(shop: Release) -> None:
    """Until the newest pod of catalog has been ready for so long that all callers know it."""
    conditions = (each for pod in shop.pods("catalog") for each in pod.status.conditions if each.type == "Ready")
    age = datetime.now(UTC) - max(each.last_transition_time for each in conditions)
    time.sleep(max(0.0, KNOWN_S - age.total_seconds()))


def measured(shop: Release) -> Spread:
    """Calls that each pod of catalog answered within some seconds of load, by who called and the pod's name."""
    before = {pod.metadata.name: calls(shop, pod) for pod in shop.pods("catalog")}
    time.sleep(MEASURED_S)
    after = {pod.metadata.name: calls(shop, pod) for pod in shop.pods("catalog")}
    assert set(before) == set(after), "a pod of catalog came or went meanwhile"
    spread: Spread = {}
    for beginning in (FROM_EDGE, FROM_SERVICES):
        counts = {pod: Counter(after[pod]) - Counter(before[pod]) for pod in after}
        spread[beginning] = {
            pod: sum(count for method, count in each.items() if method.startswith(beginning))
            for pod, each in counts.items()
        }
    return spread


def shares(spread: Spread) -> dict[str, list[float]]:
    """Each pod's part of the calls, the largest first."""
    return {
        beginning.split(".")[-1].strip("/"): sorted(
            (round(each / max(1, sum(pods.values())), 2) for each in pods.values()), reverse=True
        )
        for beginning, pods in spread.items()
    }


def assert_even(spread: Spread, pods: int) -> None:
    """No pod has less than a third of its fair share."""
    for beginning, counts in spread.items():
        total = sum(counts.values())
        assert len(counts) == pods, counts
        assert total >= 10 * pods, f"too few calls of {beginning} to judge: {counts}"
        assert min(counts.values()) >= total / pods / 3, f"calls of {beginning} by pod: {counts}"
