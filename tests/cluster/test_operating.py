"""Commands of the operator's guide that are run in a pod, as it writes them."""

import json
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest

from deploy.edge.filters import JWKS_PATH
from deploy.local import databases
from deploy.local.bootstrap import ROOT
from tests.cluster.release import Release

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
IN_A_POD = re.compile(r"kubectl exec -n shop (deploy/shop-\w+ -- python -m [^`\n]+)")
TEXT = (ROOT / "docs" / "operating.md").read_text()
GUIDE = IN_A_POD.findall(TEXT)
NOTIFY, PAYMENT, AUTH = (f"deploy/shop-{name} -- python -m services.{name}" for name in ("notify", "payment", "auth"))
LIST, SHOW, REPLAY = (
    f"{NOTIFY} dlq {each}" for each in ("list", "show notify.orders ord_...", "replay notify.orders ord_...")
)
TASKS, RETRY = f"{PAYMENT} tasks list", f"{PAYMENT} tasks retry sweep-events %"
ROTATE = f"{AUTH} rotate-signing-key"
DOCTOR = f"{AUTH} doctor"
PARKED_S = 60.0
PUBLISHED_S = 90.0
"""A pod of auth looks for new keys each minute; only with all counts is that waited for."""


def said(shop: Release, command: str, key: str = "") -> str:
    """What a command of the guide prints; `key` takes the place of the order's id in it."""
    return shop.place.run("kubectl", "exec", "-n", "shop", *shlex.split(command.replace("ord_...", key))).stdout


def test_every_command_of_the_guide_in_a_pod_is_run_here() -> None:
    assert {LIST, SHOW, REPLAY, TASKS, RETRY, ROTATE, DOCTOR} == set(GUIDE)
    assert len(GUIDE) == TEXT.count("kubectl exec ")


def test_a_dead_letter_is_read_and_replayed(shop: Release) -> None:
    with refusing_confirmations(shop):
        shop.test()
        (parked,) = await_parked(shop)
    shown, replayed = said(shop, SHOW, parked["key"]), said(shop, REPLAY, parked["key"])
    assert parked["consumer_group"] == "notify.orders"
    assert "not_now" in parked["error"]
    (event,) = map(json.loads, shown.splitlines())
    assert (event["key"], event["topic"].rpartition(".")[2]) == (parked["key"], "order-events")
    assert replayed == f"replayed 1 events of {parked['key']}\n"
    assert said(shop, LIST) == ""
    shop.audit()


@contextmanager
def refusing_confirmations(shop: Release) -> Iterator[None]:
    """Notify's database takes no confirmation of an order meanwhile."""
    with psycopg.connect(databases.url("notify", shop.stores.installation), autocommit=True) as connection:
        refuse = "alter table deliveries add constraint not_now check (template <> 'order_confirmed') not valid"
        connection.execute(refuse)
        try:
            yield
        finally:
            connection.execute("alter table deliveries drop constraint not_now")


def await_parked(shop: Release) -> list[dict[str, Any]]:
    """What is parked, once something is."""
    ends = time.monotonic() + PARKED_S
    while not (lines := said(shop, LIST).splitlines()):
        assert time.monotonic() < ends, "nothing was parked"
    return [json.loads(line) for line in lines]


def test_tasks_are_listed_and_made_due(shop: Release) -> None:
    waiting = [json.loads(line) for line in said(shop, TASKS).splitlines()]
    assert {each["kind"] for each in waiting} >= {"sweep-events"}
    ends = time.monotonic() + PARKED_S
    while said(shop, RETRY) != "1 tasks are due now\n":  # one that runs just now is left alone
        assert time.monotonic() < ends, "no task was made due"


def test_tokens_get_a_new_key(shop: Release, full: bool) -> None:
    before = published(shop)
    new = said(shop, ROTATE).split()[0]
    assert new not in before
    ends = time.monotonic() + PUBLISHED_S
    while full and published(shop) != before | {new}:
        assert time.monotonic() < ends, f"{new} is not published"
        time.sleep(1)


def published(shop: Release) -> set[str]:
    """Ids of the keys that tokens are checked by."""
    answer = httpx.get(f"{shop.url}{JWKS_PATH}", timeout=10, trust_env=False).raise_for_status()
    return {each["kid"] for each in answer.json()["keys"]}


def test_a_service_tells_what_it_finds_of_its_servers(shop: Release) -> None:
    lines = said(shop, DOCTOR).splitlines()
    assert {line.split()[1] for line in lines} >= {"postgres", "kafka", "tls"}
    assert {line.split()[0] for line in lines} == {"ok"}, lines
