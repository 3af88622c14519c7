"""How long a paid order waits for its confirmation: from the notice's arrival at payment to the order's last event."""

import statistics
from datetime import datetime
from typing import Any

import click
import httpx
import psycopg
from shopmesh.order.internal.v1.stream_pb2 import Confirmed

from deploy.local import addresses, databases
from deploy.local.demo import Demo, until
from deploy.local.installation import Installation
from services.chassis import ids
from services.chassis.protos import datetime_of

_NOTICED = """select min(n.receive_time) from notices n
               join attempts a on strpos(n.event::text, a.provider_id) > 0 join payments p on p.id = a.payment_id
               where p.order_id = %s and n.type = 'checkout.session.completed'"""
_CONFIRMED = "select payload from order_events where order_id = %s and type = 'Confirmed'"


def measure(installation: Installation, count: int) -> dict[str, dict[str, Any]]:
    """p50, p99 and the longest, in milliseconds, over ``count`` purchases one after the other."""
    with httpx.Client(base_url=addresses.public(installation), timeout=10, trust_env=False) as client:
        demo = Demo(installation, client)
        demo.log_in()
        with click.progressbar(range(count), label="buying") as numbers:
            orders = [_buy(demo) for _ in numbers]
    waits = sorted(_wait(installation, order) for order in orders)
    cuts = statistics.quantiles(waits, n=100, method="inclusive")
    return {
        "notice to confirmed": {"p50": f"{cuts[49]:.0f} ms", "p99": f"{cuts[98]:.0f} ms", "max": f"{waits[-1]:.0f} ms"}
    }


def _buy(demo: Demo) -> str:
    _, variant = demo.choose()
    placed, _ = demo.place(demo.fill_cart(variant))
    order_id = str(placed["order"]["id"])
    demo.pay(placed["checkoutUrl"])
    until("the order isn't confirmed", lambda: demo.state(order_id) == "ORDER_STATE_CONFIRMED")
    return order_id


def _wait(installation: Installation, order_id: str) -> float:
    noticed: datetime = _one("payment", installation, _NOTICED, order_id)
    confirmed = datetime_of(Confirmed.FromString(_one("order", installation, _CONFIRMED, order_id)).occur_time)
    return (confirmed - noticed).total_seconds() * 1000


def _one(service: str, installation: Installation, statement: str, order_id: str) -> Any:
    with psycopg.connect(databases.url(service, installation)) as connection:
        row = connection.execute(statement.encode(), (ids.uuid_of(order_id),)).fetchone()
    assert row is not None
    return row[0]
