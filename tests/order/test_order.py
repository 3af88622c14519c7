"""Folding, tokens, redirect addresses: the small rules."""

import base64

import pytest

from services.chassis.money import Money
from services.order.domain import events as ev
from services.order.domain.order import State, fold, view_of
from services.order.domain.redirects import for_order, redirect_allowed
from services.order.domain.tokens import parse_keys, token_hash
from tests.order.builders import ADA, CONFIRMED, NOW, REJECTED, an_order, euro, paid, placed

LOCAL = ("http://127.0.0.1:*", "http://localhost:*")


def test_an_empty_stream_is_no_order() -> None:
    assert fold("ord_1", []) is None


@pytest.mark.parametrize("stream", [[paid()], [placed(), placed()]])
def test_a_stream_begins_with_placed_once(stream: list[ev.StreamEvent]) -> None:
    with pytest.raises(ValueError, match="stream of ord_1"):
        fold("ord_1", stream)


def test_the_version_counts_events() -> None:
    assert an_order(*CONFIRMED).version == 3


def test_a_changed_contact_moves_only_the_version() -> None:
    order = an_order(ev.ContactChanged(NOW))
    assert (order.version, order.state) == (2, State.PLACED)


def test_a_view_says_why_it_was_rejected_and_what_went_back() -> None:
    view = view_of(an_order(*REJECTED, ev.RefundRecorded(NOW, "ref_1", euro(2500))), ADA)
    assert (view.reject_reason, view.refunded, view.contact) == ("INSUFFICIENT_STOCK", euro(2500), ADA)


def test_a_refund_in_a_foreign_currency_is_recorded_and_not_added_up() -> None:
    order = an_order(ev.RefundRecorded(NOW, "ref_1", Money(5, "USD")))
    assert order.refunded is None
    assert "ref_1" in order.refund_ids


def test_a_refund_that_came_back_and_was_made_again_counts_once() -> None:
    first = ev.RefundRecorded(NOW, "ref_1", euro(2500), refunded=euro(2500))
    again = ev.RefundRecorded(NOW, "ref_2", euro(2500), refunded=euro(2500))
    assert an_order(*REJECTED, first, again).refunded == euro(2500)


def test_a_refund_that_came_back_counts_no_more() -> None:
    parts = [ev.RefundRecorded(NOW, f"ref_{number}", euro(500), refunded=euro(500 * number)) for number in (1, 2)]
    back = ev.RefundFailureRecorded(NOW, "ref_1", euro(500), refunded=euro(500))
    assert an_order(*CONFIRMED, *parts, back).refunded == euro(500)
    last = ev.RefundFailureRecorded(NOW, "ref_2", euro(500), refunded=euro(0))
    order = an_order(*CONFIRMED, *parts, back, last)
    assert (order.refunded, order.refunded_by_currency) == (None, {}), "as if nothing had gone back"


def test_refunds_of_streams_that_hold_no_sum_are_added_up() -> None:
    parts = [ev.RefundRecorded(NOW, f"ref_{number}", euro(500)) for number in range(3)]
    assert an_order(*REJECTED, *parts).refunded == euro(1500)


def key(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


def test_a_token_is_the_same_for_ever_and_another_under_another_key() -> None:
    keys = parse_keys(f"new:{key('n')},old:{key('o')}")
    assert keys.current == "new"
    assert keys.token("ord_1", "old") == parse_keys(f"old:{key('o')}").token("ord_1", "old")
    assert keys.token("ord_1", "old") != keys.token("ord_1", "new")


def test_a_token_has_128_bits_and_its_hash_256() -> None:
    token = parse_keys(f"k:{key('n')}").token("ord_1", "k")
    assert token.startswith("ot_")
    assert len(base64.urlsafe_b64decode(token.removeprefix("ot_") + "==")) == 16
    assert len(token_hash(token)) == 32


@pytest.mark.parametrize("text", ["", "k", "k:", ":" + key("n"), "k:c2hvcnQ=", "k:§"])
def test_keys_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (base64's own words vary)
        parse_keys(text)


@pytest.mark.parametrize("url", ["http://127.0.0.1:4321/ok?o={ORDER_ID}", "http://localhost/", "http://LOCALHOST:80/x"])
def test_addresses_on_the_list_are_allowed(url: str) -> None:
    assert redirect_allowed(url, LOCAL)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/ok",
        "http://127.0.0.1.evil.example/",
        "http://evil.example/?http://127.0.0.1",
        "http://127.0.0.1@evil.example/",
        "http://user@127.0.0.1/",
        "http://evil.example\\@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "//127.0.0.1/ok",
        "javascript:alert(1)",
        "http://127.0.0.1/\nok",
        "/ok",
        "",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    assert not redirect_allowed(url, LOCAL)


def test_a_port_that_is_named_is_the_only_one() -> None:
    assert redirect_allowed("https://shop.example/ok", ["https://shop.example"])
    assert redirect_allowed("https://shop.example:443/ok", ["https://shop.example"])
    assert not redirect_allowed("https://shop.example:8443/ok", ["https://shop.example"])


def test_the_order_id_is_filled_in() -> None:
    assert for_order("http://localhost/{ORDER_ID}", "ord_1") == "http://localhost/ord_1"
