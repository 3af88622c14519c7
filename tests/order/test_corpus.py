"""Streams that earlier releases stored are folded as they were then, and what is newer than a reader is survived."""

import json
from pathlib import Path
from typing import Any

import pytest
from shopmesh.order.internal.v1 import stream_pb2

from services.order.adapters.stream import from_bytes, to_bytes
from services.order.domain.order import Order, fold
from services.order.domain.totals import check
from tests.order.builders import placed

FILES = sorted((Path(__file__).parent / "corpus").glob("*.jsonl"))
STREAMS: list[dict[str, Any]] = [json.loads(line) for file in FILES for line in file.read_text().splitlines()]
each_stream = pytest.mark.parametrize("stored", STREAMS, ids=[stored["what"] for stored in STREAMS])


def folded(stored: dict[str, Any]) -> Order:
    order = fold(stored["order_id"], (from_bytes(name, bytes.fromhex(text)) for name, text in stored["events"]))
    assert order is not None
    return order


@each_stream
def test_an_old_stream_folds_to_what_it_was(stored: dict[str, Any]) -> None:
    order = folded(stored)
    total = order.placed.totals.total
    assert stored["folds_to"] == {
        "state": order.state,
        "version": order.version,
        "total": [total.amount, total.currency],
        "lines": len(order.placed.lines),
        "refunded": order.refunded.amount if order.refunded else None,
        "cancel_requested": order.cancel_requested,
        "reject_reason": order.reject_reason,
        "update_time": order.update_time.isoformat(),
    }


@each_stream
def test_the_amounts_of_an_old_order_still_agree(stored: dict[str, Any]) -> None:
    bought = folded(stored).placed
    check(bought.lines, bought.totals)


def test_every_type_of_event_that_can_be_stored_is_in_the_corpus() -> None:
    stored = {name for stream in STREAMS for name, _ in stream["events"]}
    assert stored == set(stream_pb2.DESCRIPTOR.message_types_by_name)


def test_a_field_that_a_newer_release_added_is_skipped() -> None:
    name, payload = to_bytes(placed())
    added = bytes([0x9A, 0x06, 3]) + b"new"  # field 99, three bytes long
    assert from_bytes(name, payload + added) == from_bytes(name, payload)


def test_a_type_that_a_newer_release_added_is_refused_and_never_skipped() -> None:
    with pytest.raises(KeyError):
        from_bytes("Shipped", b"")
