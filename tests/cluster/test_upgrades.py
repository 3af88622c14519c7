"""Nobody who reads or buys notices that the shop is upgraded, rolled back, moved to another node or scaled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.local.installation import SERVICES
from tests.cluster.figures import note
from tests.cluster.images import TAGS
from tests.cluster.loading import assert_none_failed, loaded
from tests.cluster.release import Release

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]
SCALED = (*SERVICES, "edge")


@contextmanager
def unnoticed(shop: Release, name: str) -> Iterator[Callable[[float], None]]:
    """Load while inside: afterwards no request has failed and the books agree. Is told how long each step took."""
    steps: list[float] = []
    with loaded(shop) as load:
        yield steps.append
    figures: dict[str, Any] = {"steps": len(steps), "step_seconds": [round(each, 1) for each in steps]}
    note(shop.progress, name, figures | load.report.figures())
    assert_none_failed(load.report)
    shop.audit()


def other(tag: str) -> str:
    """The tag that isn't this one."""
    return next(each for each in TAGS if each != tag)


def test_upgrades_fail_no_request(shop: Release, full: bool) -> None:
    with unnoticed(shop, "upgrades") as took:
        for _ in range(10 if full else 2):
            took(shop.upgrade(other(shop.tag)))


def test_rollbacks_fail_no_request(shop: Release, full: bool) -> None:
    with unnoticed(shop, "rollbacks") as took:
        for _ in range(10 if full else 1):
            took(shop.rollback())


def test_draining_a_node_fails_no_request(shop: Release, full: bool) -> None:
    """Not the node of Stripe's stand-in, which is one pod and no part of the shop."""
    away = {pod.spec.node_name for pod in shop.pods("stripe")}
    nodes = [node for node in shop.nodes() if node not in away]
    assert nodes, "a drain needs a second node for the pods to go to"
    with unnoticed(shop, "drains") as took:
        for number in range(5 if full else 1):
            node = nodes[number % len(nodes)]
            if number:
                took(shop.restart())  # nothing is left on a node that was drained: new pods go there too
            on_it = [pod.metadata.name for pod in shop.pods() if pod.spec.node_name == node]
            assert len(on_it) >= len(SERVICES) - 1, f"a drain of {on_it} would show little"
            try:
                took(shop.drain(node))
                shop.wait_ready()
            finally:
                shop.uncordon(node)


def test_scaling_fails_no_request(shop: Release, full: bool) -> None:
    """Every service and the edge from one pod to three and back; a single pod first, as for those who begin small."""
    if not full:
        pytest.skip("scaling under load is one of the full counts: --full")
    usual = {name: len(shop.pods(name)) for name in SCALED}
    shop.scale(dict.fromkeys(SCALED, 1))
    try:
        with unnoticed(shop, "scaling") as took:
            took(shop.scale(dict.fromkeys(SCALED, 3)))
            took(shop.scale(dict.fromkeys(SCALED, 1)))
    finally:
        shop.scale(usual)
