"""Load on the release while a test does something to it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.figures import FILE
from tests.cluster.load.process import Load
from tests.cluster.load.report import Report
from tests.cluster.release import Release

WARM_S, COOL_S = 2.0, 6.0
"""The load is under way before something is done, and goes on until pods that were replaced have ended, or nearly."""
ONLY_READS = ("--readers", "1", "--buyers", "0")


@contextmanager
def loaded(shop: Release, *arguments: str, cool_s: float = COOL_S) -> Iterator[Load]:
    """Some 20 requests a second, while inside (`per_second` of the report); the report is whole afterwards."""
    with Load(shop.url, FILE.parent / "load", "--stripe", payment_page(shop), *arguments) as load:
        time.sleep(WARM_S)
        yield load
        time.sleep(cool_s)


def payment_page(shop: Release) -> str:
    """Where the stand-in's pages are, as this machine reaches them; empty where orders themselves name such an address."""
    services = {each.metadata.name: each.spec for each in shop.core.list_namespaced_service(shop.namespace).items}
    service = services.get(f"{shop.name}-stripe")
    return f"http://{service.cluster_ip}:{service.ports[0].port}" if service else ""


def assert_none_failed(report: Report) -> None:
    """Every request was answered well and in time, and every accepted order ended right."""
    assert not report.failed, f"{len(report.failed)} of {report.requests} requests failed:\n{report.failures()}"
    assert_all_ended_right(report)


def assert_all_ended_right(report: Report) -> None:
    """Every order that was accepted is paid and confirmed. A load that placed none would prove nothing."""
    assert report.placed, report.figures()
    assert not report.unpaid, report.unpaid
    assert not report.unconfirmed, report.unconfirmed
