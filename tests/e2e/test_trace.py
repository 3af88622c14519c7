"""One trace from the browser's request to the e-mail, as the trace viewer has it; and none where none was sampled."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.api import Json
from tests.e2e.edges import edge
from tests.e2e.shop import Shop
from tests.e2e.shopper import Purchase, Shopper
from tests.waiting import eventually

pytestmark = pytest.mark.stack
EVERY_PART = {"edge", "order", "cart", "catalog", "payment", "notify"}
GETS = 300


class Browser:
    """Begins a trace, as an instrumented web page does."""

    def __init__(self, *, sampled: bool = True) -> None:
        self.trace_id, self.span_id = secrets.token_hex(16), secrets.token_hex(8)
        self.headers = {"traceparent": f"00-{self.trace_id}-{self.span_id}-0{int(sampled)}"}


@pytest.fixture
def edge_at(shop: Shop, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """An edge that samples so many percent of the traces begun there."""
    with edge(shop.stack.installation, tmp_path, "--trace-percent", str(request.param)) as url:
        yield url


async def bought(shopper: Shopper, headers: dict[str, str] | None = None) -> Purchase:
    """A purchase whose confirmation lies in the mailbox."""
    await shopper.add(await shopper.shop.variant())
    purchase = await shopper.place(headers=headers)
    await shopper.pay(purchase)
    await shopper.mail(purchase.confirmed)
    return purchase


async def whole_trace(shop: Shop, trace_id: str) -> list[Json]:
    """The trace's spans, once they lead from the mail server up to the edge; each part exports its own when it likes."""

    async def look() -> list[Json] | None:
        spans = await shop.spans(trace_id)
        if not services(spans) >= EVERY_PART or not any(span.get("name") == "smtp send" for span in spans):
            return None
        return spans if way_up(spans, "smtp send")[-1]["localEndpoint"]["serviceName"] == "edge" else None

    return await eventually(look, f"every part in trace {trace_id}")


def services(spans: list[Json]) -> set[str]:
    return {span["localEndpoint"]["serviceName"] for span in spans}


def way_up(spans: list[Json], name: str) -> list[Json]:
    """The span of this name and those above it, up to one whose parent is not in the trace."""
    by_id = {span["id"]: span for span in spans}
    found = next(span for span in spans if span.get("name") == name)
    way = [found]
    while way[-1].get("parentId") in by_id:
        way.append(by_id[way[-1]["parentId"]])
    return way


async def test_one_trace_reaches_from_the_browser_through_every_part_to_the_email(shop: Shop) -> None:
    browser = Browser()
    async with Shopper(shop) as guest:
        purchase = await bought(guest, browser.headers)
        assert purchase.trace_id == browser.trace_id
        assert (await guest.mail(purchase.confirmed))["X-Trace-Id"] == browser.trace_id
        way = way_up(await whole_trace(shop, browser.trace_id), "smtp send")
        assert way[-1]["parentId"] == browser.span_id
        names = [span["name"] for span in way]
        assert names.index("smtp send") < names.index("notify.orders orderconfirmed")
        assert names.index("notify.orders orderconfirmed") < names.index("order.payments paymentsucceeded")
        assert services(way) == {"notify", "order", "payment", "edge"}


async def test_the_email_of_a_declined_card_belongs_to_the_same_trace(shop: Shop) -> None:
    browser = Browser()
    async with Shopper(shop) as guest:
        await guest.add(await shop.variant())
        purchase = await guest.place(headers=browser.headers)
        await guest.pay(purchase, "4000000000000002")
        assert (await guest.mail(purchase.declined))["X-Trace-Id"] == browser.trace_id


@pytest.mark.parametrize("edge_at", [100], indirect=True)
async def test_at_100_percent_a_trace_begun_at_the_edge_is_recorded_whole(shop: Shop, edge_at: str) -> None:
    async with Shopper(shop, url=edge_at) as guest:
        purchase = await bought(guest)
        way = way_up(await whole_trace(shop, purchase.trace_id), "smtp send")
        assert way[-1]["localEndpoint"]["serviceName"] == "edge"
        assert (await guest.mail(purchase.confirmed))["X-Trace-Id"] == purchase.trace_id


@pytest.mark.parametrize("edge_at", [0], indirect=True)
async def test_at_0_percent_nothing_is_recorded_but_what_the_browser_asks_for(shop: Shop, edge_at: str) -> None:
    browser = Browser()
    async with Shopper(shop, url=edge_at) as guest:
        unsampled = await bought(guest)
        await bought(guest, browser.headers)
        await whole_trace(shop, browser.trace_id)
        assert await shop.spans(unsampled.trace_id) == []
        assert (await guest.mail(unsampled.confirmed))["X-Trace-Id"] == unsampled.trace_id


async def test_a_browser_that_wants_no_recording_gets_none_but_its_id_in_the_email(shop: Shop) -> None:
    silent, recorded = Browser(sampled=False), Browser()
    async with Shopper(shop) as guest:
        purchase = await bought(guest, silent.headers)
        await bought(guest, recorded.headers)
        await whole_trace(shop, recorded.trace_id)
        assert await shop.spans(silent.trace_id) == []
        assert (await guest.mail(purchase.confirmed))["X-Trace-Id"] == silent.trace_id


@pytest.mark.parametrize("edge_at", [10], indirect=True)
async def test_at_10_percent_about_so_many_traces_are_recorded_and_each_of_them_whole(shop: Shop, edge_at: str) -> None:
    path, last = f"/api/v1/products/{(await shop.variant()).product_id}", Browser()
    async with Shopper(shop, url=edge_at) as guest:
        ids = [(await guest.api.send("GET", path)).headers["x-trace-id"] for _ in range(GETS)]
        await guest.api.send("GET", path, last.headers)

    async def last_one() -> bool:
        return services(await shop.spans(last.trace_id)) == {"edge", "catalog"}

    await eventually(last_one, "the last trace")

    async def whole() -> list[list[Json]] | None:
        found = [spans for spans in await asyncio.gather(*map(shop.spans, ids)) if spans]
        return found if all(services(spans) == {"edge", "catalog"} for spans in found) else None

    traces = await eventually(whole, "each recorded trace to be whole")
    assert 0.03 * GETS <= len(traces) <= 0.2 * GETS
