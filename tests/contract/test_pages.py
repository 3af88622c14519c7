"""The pages that say what the code does say what it does."""

import base64
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.chassis.consumer import Consumer
from services.order.domain import saga

DOCS = Path(__file__).parents[2] / "docs"
SERVICES = ("auth", "cart", "catalog", "notify", "order", "payment")
KEY = base64.b64encode(bytes(32)).decode()
Read = tuple[str, str, str]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings that have no default."""
    for name, value in {"CART_ID_KEY": KEY, "KEY_ENCRYPTION_KEY": KEY, "ORDER_TOKEN_KEYS": f"k1:{KEY}"}.items():
        monkeypatch.setenv(f"SHOPMESH_{name}", value)


def consumers() -> Iterator[Consumer]:
    for service in SERVICES:
        module: Any = importlib.import_module(f"services.{service}.main")
        settings: Any = importlib.import_module(f"services.{service}.settings")
        yield from module.assemble(settings.Settings()).consumers


def read_by_the_services() -> set[Read]:
    """Event, topic and group, as the services are wired."""
    return {
        (name.rpartition(".")[2], topic, consumer.group)
        for consumer in consumers()
        for topic in consumer.topics
        for name in consumer.types
    }


def read_by_the_page() -> set[Read]:
    """Event, topic and group, by the table of events.md; a row without an event goes on with the one above."""
    found: set[Read] = set()
    events, topic = "", ""
    for line in (DOCS / "events.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 6 or cells[0] == "event" or cells[0].startswith("---"):
            continue
        events, topic = cells[0] or events, cells[1].partition(",")[0] or topic
        if "." in cells[3]:
            found |= {(event.strip(), topic, cells[3]) for event in events.split(",")}
    return found


@pytest.mark.usefixtures("keys")
def test_the_table_of_events_names_every_consumer() -> None:
    assert read_by_the_page() == read_by_the_services()


def test_the_table_of_methods_is_generated_from_the_contracts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    generate: Any = importlib.import_module("generate")
    assert (DOCS / "methods.md").read_text() == generate.methods(), "make gen writes it anew"


def test_the_page_of_an_orders_states_is_drawn_from_the_sagas_table() -> None:
    page: Any = importlib.import_module("docs.order_states")
    assert {type(happened) for happened in page.INPUTS} == set(saga.Input.__args__)
    assert (DOCS / "order-states.md").read_text() == page.page(), "make gen writes it anew"
