"""What a cart is, without I/O."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.cart.domain import carts
from services.cart.domain.cart_ids import guest_cart_id, own_cart_id
from services.cart.domain.carts import Cart
from services.cart.domain.products import offer_of
from services.chassis.errors import FailedPrecondition, NotFound
from services.chassis.ids import uuid_of
from services.chassis.money import Money
from tests.cart.conftest import LIVES, NOW, a_cart, a_line, a_product, variant_of

LATER = NOW + timedelta(days=3)


def test_adding_sums_units_and_keeps_the_order_of_lines() -> None:
    cart = a_cart(a_line("var_1", 2), a_line("var_2", 1))
    cart = carts.add(cart, "var_1", "prod_of_var_1", 3, LATER, LIVES)
    assert cart.lines == (a_line("var_1", 5), a_line("var_2", 1))
    assert (cart.update_time, cart.expire_time) == (LATER, LATER + LIVES.guest)


def test_a_line_holds_999_units_and_a_cart_100_lines() -> None:
    with pytest.raises(FailedPrecondition, match="999"):
        carts.add(a_cart(a_line("var_1", 999)), "var_1", "p", 1, NOW, LIVES)
    full = a_cart(*(a_line(f"var_{number}") for number in range(100)))
    with pytest.raises(FailedPrecondition, match="100"):
        carts.add(full, "var_new", "p", 1, NOW, LIVES)
    carts.add(full, "var_0", "p", 1, NOW, LIVES)


def test_setting_needs_the_line_and_removing_does_not() -> None:
    cart = a_cart(a_line("var_1", 2))
    assert carts.set_quantity(cart, "var_1", 7, LATER, LIVES).lines == (a_line("var_1", 7),)
    with pytest.raises(NotFound):
        carts.set_quantity(cart, "var_2", 7, LATER, LIVES)
    assert carts.remove(cart, "var_2", LATER, LIVES) is cart
    assert carts.remove(cart, "var_1", LATER, LIVES).lines == ()


def test_the_etag_follows_variants_and_quantities_only() -> None:
    cart = a_cart(a_line("var_1", 2), a_line("var_2", 1))
    same = replace(cart, lines=cart.lines[::-1], update_time=LATER, expire_time=LATER)
    assert same.etag == cart.etag
    assert replace(cart, lines=(a_line("var_1", 1), a_line("var_2", 2))).etag != cart.etag
    assert carts.remove(cart, "var_2", NOW, LIVES).etag != cart.etag


def test_a_drop_takes_exactly_what_was_bought_and_never_goes_below_zero() -> None:
    cart = a_cart(a_line("var_1", 5), a_line("var_2", 1), a_line("var_3", 4))
    dropped = carts.drop(cart, {"var_1": 2, "var_2": 9, "var_9": 1}, LATER, LIVES)
    assert dropped is not None
    assert dropped.lines == (a_line("var_1", 3), a_line("var_3", 4))
    assert carts.drop(None, {"var_1": 2}, LATER, LIVES) is None


def test_a_frozen_cart_keeps_its_lines_and_refuses_changes() -> None:
    frozen = carts.freeze(a_cart(a_line()), "cart_1", "cart_m", "usr_1", LATER, LIVES)
    assert (frozen.lines, frozen.expire_time) == ((a_line(),), LATER + LIVES.pointer)
    changes: list[Callable[[], Cart]] = [
        lambda: carts.add(frozen, "var_1", "p", 1, NOW, LIVES),
        lambda: carts.set_quantity(frozen, "var_1", 1, NOW, LIVES),
        lambda: carts.remove(frozen, "var_1", NOW, LIVES),
        lambda: carts.require_orderable(frozen),
    ]
    for change in changes:
        with pytest.raises(FailedPrecondition) as refused:
            change()
        assert refused.value.reason == "CART_MERGED"
    with pytest.raises(carts.Merged):
        carts.drop(frozen, {"var_1": 1}, NOW, LIVES)


def test_only_who_merged_a_cart_may_repeat_it_and_only_guests_carts_merge() -> None:
    frozen = carts.freeze(a_cart(), "cart_1", "cart_m", "usr_1", NOW, LIVES)
    assert carts.freeze(frozen, "cart_1", "cart_m", "usr_1", LATER, LIVES) is frozen
    for cart, user in [(frozen, "usr_2"), (a_cart(owner="usr_1"), "usr_1"), (None, "usr_1")]:
        with pytest.raises(NotFound):
            carts.freeze(cart, "cart_1", "cart_m", user, NOW, LIVES)


def test_a_merge_takes_what_fits() -> None:
    own = a_cart(*(a_line(f"var_{number}", 600) for number in range(99)), owner="usr_1")
    merged = carts.take_in(own, (a_line("var_0", 600), a_line("var_x", 1), a_line("var_y", 1)), NOW, LIVES)
    assert merged.line("var_0") == a_line("var_0", 999)
    assert merged.line("var_x") == a_line("var_x", 1)
    assert merged.line("var_y") is None


def test_a_cart_is_found_by_its_owner_and_a_guests_by_its_id_alone() -> None:
    assert carts.found(None, "cart_1", "usr_1", NOW, LIVES).owner == "usr_1"
    assert carts.found(a_cart(), "cart_1", "", NOW, LIVES) == a_cart()
    for cart, owner in [(None, ""), (a_cart(owner="usr_1"), ""), (a_cart(owner="usr_1"), "usr_2"), (a_cart(), "usr_1")]:
        with pytest.raises(NotFound):
            carts.found(cart, "cart_1", owner, NOW, LIVES)


def test_ids_of_carts_repeat_for_the_same_request_and_differ_otherwise() -> None:
    request = UUID(int=1)
    first = guest_cart_id(b"key", "anonymous", request)
    assert first == guest_cart_id(b"key", "anonymous", request)
    others = {
        guest_cart_id(b"other", "anonymous", request),
        guest_cart_id(b"key", "usr_1", request),
        guest_cart_id(b"key", "anonymous", UUID(int=2)),
    }
    assert len(others | {first}) == 4
    assert uuid_of(first)
    assert own_cart_id("usr_1") == own_cart_id("usr_1") != own_cart_id("usr_2")


def test_an_offer_has_a_price_only_where_it_is_on_sale_in_the_currency() -> None:
    product = a_product(price=0)
    variant_id = variant_of(product)
    offer = offer_of(product, variant_id, "EUR")
    assert offer is not None
    assert offer.unit_price == Money(0, "EUR")
    for copy, currency in [(replace(product, on_sale=False), "EUR"), (product, "USD")]:
        offer = offer_of(copy, variant_id, currency)
        assert offer is not None
        assert offer.unit_price is None
    assert offer_of(product, "var_unknown", "EUR") is None
