"""The load counts what really happened to its requests and orders: else a shop that fails would look well."""

import asyncio
import random
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from services.chassis import ids
from tests.cluster.load import generator, people
from tests.cluster.load.client import Client
from tests.cluster.load.generator import RATE, Plan, buys, run, tick
from tests.cluster.load.people import FIRST_LOOK_S, Buyers, Goods
from tests.cluster.load.process import Load, LoadError
from tests.cluster.load.report import Failure, Report
from tests.deploy.shop_double import CUT, RESET, STALL, Double, double, shop
from tests.e2e.shop import Shop
from tests.ports import free_port
from tests.waiting import until

CONFIRMED = {"state": "ORDER_STATE_CONFIRMED"}


async def sent(url: str, deadline_s: float = 5.0) -> Report:
    """The report of one request."""
    report = Report()
    async with Client(url, report, deadline_s) as client:
        await client.send("GET", "/somewhere")
    return report


async def loaded(server: Double, until_asked: str = "POST /api/v1/orders", **plan: float) -> Report:
    """The report of a load, all of it purchases, that stops once the server was asked this."""
    stop = asyncio.Event()

    async def watch() -> None:
        await until(lambda: until_asked in server.came, until_asked)
        stop.set()

    watching = asyncio.create_task(watch())
    report = await run(Plan(server.url, server.url, readers=0, buyers=1, **plan), stop)  # type: ignore[arg-type]
    await watching
    return report


async def test_an_answer_is_a_request_with_a_latency() -> None:
    async with double({"GET /somewhere": (200, {})}) as server:
        report = await sent(server.url)
    assert (report.requests, report.failed, len(report.latencies)) == (1, [], 1)


async def test_a_refused_connection_is_a_failed_request() -> None:
    report = await sent(f"http://127.0.0.1:{free_port()}")
    (failure,) = report.failed
    assert failure.status == 0
    assert "ConnectError" in failure.text
    assert report.latencies == []


async def test_a_refused_connection_is_not_tried_again() -> None:
    port = free_port()

    async def open_late() -> None:
        await asyncio.sleep(0.2)
        async with double({"GET /somewhere": (200, {})}, port):
            await asyncio.sleep(1)

    opening = asyncio.create_task(open_late())
    report = await sent(f"http://127.0.0.1:{port}")
    await opening
    assert len(report.failed) == 1


async def test_a_reset_connection_is_a_failed_request_and_is_not_tried_again() -> None:
    async with double({"GET /somewhere": RESET}) as server:
        report = await sent(server.url)
    assert [each.status for each in report.failed] == [0]
    assert server.came == ["GET /somewhere"]


async def test_an_answer_cut_short_is_a_failed_request() -> None:
    async with double({"GET /somewhere": CUT}) as server:
        report = await sent(server.url)
    assert ["RemoteProtocolError" in each.text for each in report.failed] == [True]


async def test_an_answer_that_comes_too_late_is_a_failed_request() -> None:
    async with double({"GET /somewhere": STALL}) as server:
        report = await sent(server.url, deadline_s=0.2)
    (failure,) = report.failed
    assert failure.text == "no answer within 0.2 s"
    assert failure.seconds >= 0.2


async def test_an_error_is_kept_with_its_time_method_status_body_and_trace() -> None:
    before = time.time()
    async with double({"GET /somewhere": (503, {"message": "away"})}) as server:
        report = await sent(server.url)
    (failure,) = report.failed
    assert (failure.method, failure.status, failure.trace_id) == ("GET /somewhere", 503, "7e57")
    assert failure.text == '{"message": "away"}'
    assert before <= failure.time <= time.time()
    assert server.came == ["GET /somewhere"]


async def test_a_tick_that_was_missed_is_counted_and_not_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, seen, now = asyncio.Event(), [], [0.0]
    monkeypatch.setattr(generator, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def act(number: int) -> None:
        seen.append(number)
        now[0] = number / 20 + (0.25 if number == 2 else 0)  # the generator itself stands still for five ticks
        if number == 10:
            stop.set()

    assert await tick(20, stop, act) == 4
    assert seen == [0, 1, 2, 7, 8, 9, 10]


async def test_no_tick_comes_before_its_time() -> None:
    stop, times = asyncio.Event(), {}

    def act(number: int) -> None:
        times[number] = time.monotonic()
        if number >= 10:
            stop.set()

    missed = await tick(50, stop, act)
    assert len(times) + missed == max(times) + 1
    assert all(at - times[0] >= number / 50 - 0.001 for number, at in times.items())


def test_of_any_thirty_requests_seven_are_buyers() -> None:
    who = [buys(number, 23, 7) for number in range(300)]
    assert {sum(who[start : start + 30]) for start in range(270)} == {7}
    assert not any(buys(number, 1, 0) for number in range(30))


async def test_an_order_that_is_confirmed_counts_once() -> None:
    async with double(shop(**CONFIRMED)) as server:
        report = await loaded(server)
    assert (report.placed, report.confirmed, report.unconfirmed) == (["ord_1"], ["ord_1"], {}), server.came
    assert server.came.count("POST /pay/1") == 1


async def test_a_paid_order_that_is_never_confirmed_is_named_with_its_state() -> None:
    async with double(shop(state="ORDER_STATE_PAID")) as server:
        report = await loaded(server, settle_s=0.2)
    assert (report.confirmed, report.unconfirmed) == ([], {"ord_1": "PAID"})


async def test_an_order_whose_payment_page_fails_is_unpaid_and_not_waited_for() -> None:
    async with double({**shop(**CONFIRMED), "POST /pay/1": RESET}) as server:
        report = await loaded(server)
    assert (report.unpaid, report.confirmed, report.unconfirmed) == (["ord_1"], [], {})
    assert [each.method for each in report.failed] == ["POST the payment page"]


async def test_a_purchase_whose_order_was_not_answered_is_given_up() -> None:
    async with double({**shop(), "POST /api/v1/orders": (503, {})}) as server:
        report = await loaded(server)
    assert report.placed == []
    assert server.came.count("POST /api/v1/orders") == len(report.failed) == 1


async def test_each_buyer_does_one_thing_after_the_other_and_looks_again_only_after_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(people, "time", SimpleNamespace(monotonic=lambda: now[0]))
    report, purchase = Report(), ["POST /api/v1/carts", "POST /api/v1/carts/cart_1/items", "POST /api/v1/orders"]
    async with double(shop(state="ORDER_STATE_PAID")) as server, Client(server.url, report, 5.0) as client:
        buyers = Buyers(client, await Goods.of(client), report, server.url, random.Random(0))
        server.came.clear()
        for _ in range(4):
            await buyers.act()
        assert server.came == [*purchase, "POST /pay/1", "POST /api/v1/carts"], (
            "another buys during the first one's pause"
        )
        now[0] = FIRST_LOOK_S
        for _ in range(3):
            await buyers.act()
        assert server.came[5:] == [purchase[1], "GET /api/v1/orders/ord_1", purchase[2], "POST /pay/1"]


def test_a_report_is_read_as_it_was_saved(tmp_path: Path) -> None:
    failure = Failure(10.0, 1.5, "GET /x", 503, "away", "7e57")
    report = Report(1.0, 3.0, 40, 2, [failure], [1.0, 2.0], ["a", "b"], ["a"], [], {"b": "PAID"})
    report.save(tmp_path / "report.json")
    assert Report.load(tmp_path / "report.json") == report


def test_a_report_says_when_the_last_failure_after_a_fault_ended() -> None:
    report = Report(failed=[Failure(at, 0.5, "GET /x", 503, "") for at in (9.0, 10.0, 12.0, 20.0)])
    assert report.last_failure(10.0, 20.0) == 2.5
    assert report.last_failure(13.0, 20.0) == 0


def test_a_load_on_nothing_does_not_begin(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="doesn't answer"), Load(f"http://127.0.0.1:{free_port()}", tmp_path):
        pass


@pytest.mark.stack
@pytest.mark.slow
async def test_a_short_load_on_the_whole_shop_counts_right(shop: Shop, tmp_path: Path) -> None:
    await shop.variant(stock=1000)
    placed, confirmed = await facts(shop, "Placed"), await facts(shop, "Confirmed")
    with Load(shop.url, tmp_path, "--stripe", shop.stripe_url) as load:
        await asyncio.sleep(10)
    report = load.report
    assert report.failed == [], report.failures()
    assert abs(report.requests + report.missed - RATE * report.seconds) <= 2
    assert report.unconfirmed == {}
    assert set(report.placed) == set(report.confirmed) == await facts(shop, "Placed") - placed
    assert await facts(shop, "Confirmed") - confirmed == set(report.confirmed)
    assert len(report.placed) > 5


async def facts(shop: Shop, type: str) -> set[str]:
    """The ids of the orders to which this has happened, as order's own streams say."""
    rows = await shop.rows("order", "select order_id from order_events where type = %s", type)
    return {ids.text("ord", each["order_id"]) for each in rows}
