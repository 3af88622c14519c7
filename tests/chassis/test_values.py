"""Money, ids and page tokens."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast
from uuid import UUID

import pytest
from google.type import money_pb2
from hypothesis import given
from hypothesis import strategies as st
from shopmesh.catalog.v1.catalog_service_pb2 import ListProductsRequest
from typeid import TypeID

from services.chassis import ids, paging, protos
from services.chassis.errors import InvalidArgument
from services.chassis.money import Money, minor_digits


@given(st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_money_survives_the_wire(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert protos.money_from_proto(protos.money_to_proto(money), "price") == money


def test_amounts_of_two_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="EUR and USD do not mix"):
        Money(1, "EUR") + Money(1, "USD")


@pytest.mark.parametrize(
    ("proto", "field"),
    [
        (money_pb2.Money(currency_code="EUR", units=1, nanos=5_000_000), "price.nanos"),
        (money_pb2.Money(currency_code="JPY", units=1, nanos=10_000_000), "price.nanos"),
        (money_pb2.Money(currency_code="EUR", units=1, nanos=-10_000_000), "price.nanos"),
        (money_pb2.Money(currency_code="ABC", units=1), "price.currency_code"),
        (money_pb2.Money(units=1), "price.currency_code"),
    ],
)
def test_money_that_is_no_amount_is_refused_by_field(proto: money_pb2.Money, field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        protos.money_from_proto(proto, "price")
    assert [f.field for f in refusal.value.fields] == [field]


def test_minor_units_follow_the_currency() -> None:
    assert [minor_digits(c) for c in ("EUR", "JPY", "KWD")] == [2, 0, 3]


@pytest.mark.parametrize(("currency", "digits"), [("RSD", 2), ("LBP", 2), ("IQD", 3), ("UGX", 0), ("CLF", 4)])
def test_minor_units_are_those_of_iso_4217_where_shops_round_otherwise(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@given(st.uuids(), st.sampled_from(["ord", "prod"]))
def test_type_ids_are_those_of_the_reference_library(uuid: UUID, prefix: str) -> None:
    text = ids.text(prefix, uuid)
    assert text == str(TypeID.from_uuid(cast(Any, uuid), prefix))
    assert ids.uuid_of(text) == uuid


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ord",
        "ord_",
        "ord_0",
        "ord_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "ord_0000000000000000000000000i",
        "ord_01H2PCEJQTF2NBREPP3VQJHP41",
    ],
)
def test_what_is_no_type_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ids.uuid_of(text)


def test_new_ids_sort_by_time() -> None:
    made = [ids.new("ord") for _ in range(1000)]
    assert made == sorted(made)


def test_timestamps_keep_the_moment() -> None:
    vienna = datetime(2026, 11, 21, 12, 0, 0, 123000, tzinfo=timezone(timedelta(hours=1)))
    assert protos.datetime_of(protos.timestamp(vienna)) == vienna.astimezone(UTC)


def test_a_page_token_leads_on_where_the_page_ended() -> None:
    request = ListProductsRequest(page_size=2)
    request.page_token = paging.next_token(request, ["2026-01-01", "prod_1"])
    assert paging.last_keys(request) == ["2026-01-01", "prod_1"]
    request.page_size = 50
    assert paging.last_keys(request) == ["2026-01-01", "prod_1"]


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "%%%", "CAE"])
def test_a_page_token_that_was_never_given_is_refused(token: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        paging.last_keys(ListProductsRequest(page_token=token))
    assert refusal.value.fields[0].field == "page_token"


def test_a_page_token_of_another_filter_is_refused() -> None:
    token = paging.next_token(ListProductsRequest(show_archived=True), ["x"])
    with pytest.raises(InvalidArgument):
        paging.last_keys(ListProductsRequest(page_token=token))


def test_page_sizes_have_a_default_and_a_limit() -> None:
    assert [paging.page_size(n) for n in (0, 7, 5000)] == [20, 7, 100]
