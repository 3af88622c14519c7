"""What makes a product consistent, what an order may do with stock, and how refusals read: without I/O."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.domain import events, stock
from services.catalog.domain import products as rules
from services.catalog.domain.products import Changes, FreeStock, Option, ProductState, StockedProduct
from services.catalog.domain.stock import MOVES, Bucket, ReservationState, Shortage, StockLine
from services.chassis import ids
from services.chassis.errors import Aborted, FailedPrecondition, InvalidArgument
from services.chassis.money import Money
from tests.catalog.conftest import NOW, SIZES, details, new_variant, shirt, simple, titled, variant

LATER = NOW + timedelta(minutes=5)
COLOURED = (Option("Colour", ("Blue", "Red")), Option("Size", SIZES))


def faults(error: pytest.ExceptionInfo[InvalidArgument]) -> dict[str, str]:
    return {fault.field: fault.description for fault in error.value.fields}


def test_a_new_product_is_on_sale_at_version_one() -> None:
    product = shirt()
    assert (product.state, product.version, product.etag) == (ProductState.ACTIVE, 1, "1")
    assert [v.title for v in product.variants] == ["S", "M", "L"]


def test_option_values_stand_in_the_order_of_the_options() -> None:
    product = shirt(variant(option_values={"Size": "M", "Colour": "Blue"}), options=COLOURED)
    assert product.variants[0].title == "Blue / M"


def test_every_fault_is_named_at_once() -> None:
    same = variant("S")
    wrong = [
        variant("XL"),
        variant(option_values={}),
        variant(option_values={"Size": "M", "Shape": "round"}),
        same,
        replace(variant("S"), sku=same.sku),
        variant("L", prices=(Money(-1, "EUR"), Money(2, "EUR"))),
    ]
    with pytest.raises(InvalidArgument) as error:
        shirt(*wrong)
    assert faults(error) == {
        "product.variants[0].option_values": "has 'XL', which is no value of 'Size'",
        "product.variants[1].option_values": "lacks a value for 'Size'",
        "product.variants[2].option_values": "names 'Shape', which is no option of the product",
        "product.variants[4].sku": "is that of another variant as well",
        "product.variants[4].option_values": "are those of another variant as well",
        "product.variants[5].prices[0]": "is negative",
        "product.variants[5].prices[1].currency_code": "has a price already",
    }


def test_options_have_names_of_their_own() -> None:
    with pytest.raises(InvalidArgument) as error:
        shirt(variant(), options=(Option("Size", ("M",)), Option("Size", ("M", "L"))))
    assert faults(error) == {"product.options[1].name": "is the name of another option as well"}


def test_without_options_there_is_one_variant() -> None:
    with pytest.raises(InvalidArgument, match=r"variants\[1\]\.option_values"):
        shirt(variant(option_values={}), variant(option_values={}), options=())


def test_a_product_has_a_variant() -> None:
    with pytest.raises(InvalidArgument, match=r"product\.variants"):
        rules.create(ids.new("prod"), details(), [], NOW, new_variant)


def test_an_update_counts_the_version_and_keeps_the_variants() -> None:
    product = shirt()
    changed = rules.apply(product, Changes({"title": "Flax shirt"}), LATER, new_variant)
    assert (changed.version, changed.update_time, changed.create_time) == (2, LATER, NOW)
    assert [v.id for v in changed.variants] == [v.id for v in product.variants]


def test_an_update_that_changes_nothing_is_none() -> None:
    product = shirt()
    given_again = tuple(replace(v, initial_stock=99) for v in product.variants)
    stored = replace(product, variants=tuple(replace(v, initial_stock=0) for v in product.variants))
    assert rules.apply(stored, Changes({"title": product.details.title}, given_again), LATER, new_variant) is stored


def test_an_update_of_another_version_is_refused() -> None:
    product = titled(shirt(), "Flax shirt")
    with pytest.raises(Aborted, match="PRODUCT_CHANGED"):
        rules.apply(product, Changes({"title": "Shirt"}, etag="1"), LATER, new_variant)
    assert rules.apply(product, Changes({"title": "Shirt"}, etag="2"), LATER, new_variant).version == 3


def test_a_variant_that_is_missing_is_withdrawn_and_returns_by_its_sku() -> None:
    product = shirt()
    small, *others = product.variants
    without = rules.update(product, product.details, others, LATER, new_variant)
    assert [v.id for v in without.withdrawn] == [small.id]
    again = rules.update(without, product.details, [replace(variant("S"), sku=small.sku), *others], LATER, new_variant)
    assert (again.variants[0].id, again.variants[0].initial_stock, again.withdrawn) == (small.id, 0, ())


def test_the_sku_of_a_withdrawn_variant_goes_to_no_other() -> None:
    product = shirt()
    small, medium, large = product.variants
    renamed = replace(medium, sku=large.sku)
    before = rules.update(product, product.details, [small, medium], LATER, new_variant)
    for version in (product, before):
        with pytest.raises(InvalidArgument) as error:
            rules.update(version, version.details, [small, renamed], LATER, new_variant)
        assert faults(error) == {"product.variants[1].sku": "is that of a variant which is withdrawn"}


@pytest.mark.parametrize("amount", [rules.HIGHEST_PRICE + 1, 2**63])
def test_a_price_has_an_upper_bound(amount: int) -> None:
    shirt(variant(prices=(Money(rules.HIGHEST_PRICE, "EUR"),)))
    with pytest.raises(InvalidArgument) as error:
        shirt(variant(prices=(Money(1, "CHF"), Money(amount, "EUR"))))
    assert list(faults(error)) == ["product.variants[0].prices[1]"]


def test_variants_without_an_id_are_known_by_their_sku() -> None:
    product = shirt()
    given = [replace(v, id="") for v in product.variants]
    assert [v.id for v in rules.update(product, product.details, given, LATER, new_variant).variants] == [
        v.id for v in product.variants
    ]


def test_a_sku_that_a_variant_gives_up_is_free_for_a_new_one() -> None:
    product = simple()
    known = product.variants[0]
    renamed, new = replace(known, sku=f"{known.sku}-OLD"), variant("S", sku=known.sku)
    options = (Option("Size", SIZES),)
    with_size = replace(renamed, option_values={"Size": "M"})
    changed = rules.update(product, replace(product.details, options=options), [with_size, new], LATER, new_variant)
    assert changed.variants[0].id == known.id
    assert changed.variants[1].id not in ("", known.id)


def test_a_variant_of_another_product_is_refused_and_a_new_one_gets_a_new_id() -> None:
    product, other = shirt(), shirt()
    with pytest.raises(InvalidArgument) as error:
        rules.update(product, product.details, [product.variants[0], other.variants[1]], LATER, new_variant)
    assert faults(error) == {"product.variants[1].id": "is no variant of this product"}
    updated = rules.update(product, product.details, [variant("M", initial_stock=4)], LATER, new_variant)
    assert updated.variants[0].id not in {"", *(v.id for v in product.variants)}
    assert updated.variants[0].initial_stock == 4


def test_archiving_is_for_good() -> None:
    archived = rules.archive(shirt(), LATER)
    assert (archived.state, archived.version) == (ProductState.ARCHIVED, 2)
    assert rules.archive(archived, LATER) is archived
    with pytest.raises(FailedPrecondition, match="PRODUCT_ARCHIVED"):
        rules.apply(archived, Changes({"title": "Shirt"}), LATER, new_variant)


def test_the_event_after_a_change_follows_the_state() -> None:
    product = shirt()
    assert isinstance(events.event_of(product), events.ProductUpdated)
    assert isinstance(events.event_of(rules.archive(product, LATER)), events.ProductArchived)


def test_the_etag_of_a_reading_changes_with_product_and_stock() -> None:
    product = simple()
    variant_id = product.variants[0].id
    readings = [
        StockedProduct(product, {variant_id: FreeStock(5, 1)}),
        StockedProduct(product, {variant_id: FreeStock(4, 2)}),
        StockedProduct(titled(product, "Shirt"), {variant_id: FreeStock(4, 2)}),
    ]
    assert [reading.etag for reading in readings] == ["1.1", "1.2", "2.2"]


@given(st.lists(st.sampled_from(MOVES), max_size=30), st.integers(1, 9))
def test_no_move_changes_what_was_received(moves: list[stock.Move], quantity: int) -> None:
    level = dict.fromkeys(Bucket, 100)
    for move in moves:
        level[move.source] -= quantity
        level[move.target] += quantity
    assert sum(level.values()) == 300


def test_what_an_order_may_do_follows_what_it_holds() -> None:
    reserved, sold, lapsed, _ = ReservationState
    reserving = {state: stock.reserving("ord_1", state) for state in (None, reserved, sold, lapsed)}
    assert reserving == {None: stock.RESERVE, reserved: None, sold: None, lapsed: stock.RESERVE}
    selling = {state: stock.selling("ord_1", state) for state in (reserved, sold, lapsed)}
    assert selling == {reserved: stock.SELL, sold: None, lapsed: stock.SELL_LAPSED}
    releasing = {state: stock.releasing(state) for state in ReservationState}
    assert list(releasing.values()) == [stock.RELEASE, stock.RELEASE_SOLD, None, None]


def test_a_released_order_is_refused_for_ever() -> None:
    for ask in (stock.reserving, stock.selling):
        with pytest.raises(FailedPrecondition, match="RESERVATION_RELEASED"):
            ask("ord_1", ReservationState.RELEASED)


def test_an_unknown_order_sells_nothing() -> None:
    with pytest.raises(FailedPrecondition, match="RESERVATION_UNKNOWN"):
        stock.selling("ord_1", None)


def test_a_shortage_names_the_sku_and_what_is_available() -> None:
    error = stock.insufficient([Shortage("LS-1", 3, 1), Shortage("LS-2", 2, 0)])
    assert error.reason == "INSUFFICIENT_STOCK"
    assert error.metadata == {"LS-1": "1", "LS-2": "0"}
    assert [(v.type, v.subject, v.description) for v in error.preconditions] == [
        ("INSUFFICIENT_STOCK", "LS-1", "1 unit available, 3 units wanted"),
        ("INSUFFICIENT_STOCK", "LS-2", "0 units available, 2 units wanted"),
    ]


def test_a_variant_comes_once_in_an_order() -> None:
    with pytest.raises(InvalidArgument) as error:
        stock.check_lines([StockLine("var_1", 1), StockLine("var_2", 1), StockLine("var_1", 2)])
    assert list(faults(error)) == ["lines[2].variant_id"]
