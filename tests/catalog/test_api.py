"""Catalog's public methods, called by real stubs."""

import asyncio
from typing import Any, cast
from uuid import uuid4

import grpc
import pytest
from shopmesh.catalog.v1 import catalog_service_pb2 as pb
from shopmesh.catalog.v1.category_pb2 import Category
from shopmesh.catalog.v1.product_pb2 import (
    PRODUCT_STATE_ACTIVE,
    PRODUCT_STATE_ARCHIVED,
    Product,
)

from services.chassis import ids
from tests.catalog.conftest import token
from tests.catalog.serving import Api, fields, reason, refusal, shirt, variant

pytestmark = pytest.mark.stack


async def test_a_product_is_created_and_read_by_id_and_slug(api: Api) -> None:
    created = await api.create()
    assert (created.state, created.etag) == (PRODUCT_STATE_ACTIVE, "1")
    assert [(v.stock, v.initial_stock, v.prices[0].units) for v in created.variants] == [(3, 0, 49)] * 2
    for request in (pb.GetProductRequest(product_id=created.id), pb.GetProductRequest(slug=created.slug)):
        assert await api.public.GetProduct(request) == created


async def test_the_stock_that_staff_write_into_a_product_is_not_read(api: Api) -> None:
    given = shirt()
    given.variants[0].initial_stock, given.variants[0].stock = 0, 9
    created = await api.public.CreateProduct(request_of(given), metadata=api.staff)
    assert [v.stock for v in created.variants] == [0, 3]
    for each in created.variants:
        each.stock, each.initial_stock = 9, 9
    updated = await api.update(created, "variants")
    assert [(v.stock, v.initial_stock) for v in updated.variants] == [(0, 0), (3, 0)]


async def test_a_product_says_which_reading_it_is_and_who_may_keep_it(api: Api) -> None:
    created = await api.create()
    seen = []
    for metadata in (None, api.customer):
        call = api.public.GetProduct(pb.GetProductRequest(product_id=created.id), metadata=metadata)
        headers = dict(list(cast(Any, await call.initial_metadata())))
        seen.append((headers["etag"], headers["cache-control"]))
        await call
    assert seen == [('W/"1.2"', "public, max-age=5"), ('W/"1.2"', "private, no-cache")]


async def test_creating_twice_at_once_with_one_request_id_makes_one_product(api: Api) -> None:
    request, barrier = pb.CreateProductRequest(request_id=str(uuid4()), product=shirt()), asyncio.Barrier(6)

    async def create() -> Product:
        await barrier.wait()
        return await api.public.CreateProduct(request, metadata=api.staff)

    answers = await asyncio.gather(*(create() for _ in range(6)))
    assert len({answer.id for answer in answers}) == 1


async def test_a_taken_slug_is_refused_also_when_asked_again(api: Api) -> None:
    created = await api.create()
    given = shirt()
    given.slug = created.slug
    request = pb.CreateProductRequest(request_id=str(uuid4()), product=given)
    for _ in range(2):
        error = await refusal(api.public.CreateProduct(request, metadata=api.staff))
        assert reason(error) == (grpc.StatusCode.ALREADY_EXISTS, "SLUG_TAKEN")


async def test_what_is_wrong_with_a_product_is_named_field_by_field(api: Api) -> None:
    wrong = shirt()
    wrong.variants[1].option_values[0].value = "XXL"
    wrong.variants[0].prices[0].nanos = 1
    request = pb.CreateProductRequest(request_id=str(uuid4()), product=wrong)
    assert fields(await refusal(api.public.CreateProduct(request, metadata=api.staff))) == [
        "product.variants[0].prices[0].nanos"
    ]
    wrong.variants[0].prices[0].nanos = 0
    wrong.variants[0].id = ids.new("var")
    assert fields(await refusal(api.public.CreateProduct(request_of(wrong), metadata=api.staff))) == [
        "product.variants[0].id"
    ]
    wrong.variants[0].id = ""
    assert fields(await refusal(api.public.CreateProduct(request_of(wrong), metadata=api.staff))) == [
        "product.variants[1].option_values"
    ]


def request_of(product: Product) -> pb.CreateProductRequest:
    return pb.CreateProductRequest(request_id=str(uuid4()), product=product)


async def test_an_update_changes_what_the_mask_names(api: Api) -> None:
    created = await api.create()
    given = Product(id=created.id, title="Flax shirt", short_description="Ignored.", etag=created.etag)
    updated = await api.update(given, "title")
    assert (updated.title, updated.short_description, updated.etag) == ("Flax shirt", "A light shirt.", "2")
    cleared = await api.update(Product(id=created.id, etag="2"), "short_description", "image_urls")
    assert (cleared.title, cleared.short_description, list(cleared.image_urls)) == ("Flax shirt", "", [])


async def test_an_update_without_a_mask_changes_what_is_populated(api: Api) -> None:
    created = await api.create()
    updated = await api.update(Product(id=created.id, description="Longer."))
    assert (updated.title, updated.description) == ("Linen shirt", "Longer.")


async def test_an_update_withdraws_and_adds_variants(api: Api) -> None:
    created = await api.create()
    small, medium = created.variants
    given = Product(id=created.id, variants=[medium, variant("S", sku=f"{small.sku}-2", initial_stock=9)])
    updated = await api.update(given, "variants")
    kept, added = updated.variants
    assert (kept.id, kept.stock) == (medium.id, 3)
    assert added.id not in (small.id, medium.id)
    assert added.stock == 9


@pytest.mark.parametrize(
    ("given", "mask", "named"),
    [
        ({"title": "x"}, ["state"], ["update_mask"]),
        ({"title": ""}, ["title"], ["product.title"]),
        ({"slug": "Not A Slug", "title": "x"}, [], ["product.slug"]),
        ({"variants": []}, ["variants"], ["product.variants"]),
        ({"variants": [variant("S", id=ids.new("var"), sku="X")]}, ["variants"], ["product.variants[0].id"]),
        ({"id": "nonsense", "title": "x"}, ["title"], ["product.id"]),
        ({"id": ids.new("var"), "title": "x"}, ["title"], ["product.id"]),
    ],
)
async def test_a_wrong_update_names_the_field(
    api: Api, given: dict[str, Any], mask: list[str], named: list[str]
) -> None:
    created = await api.create()
    error = await refusal(api.update(Product(**{"id": created.id} | given), *mask))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert fields(error) == named


async def test_an_update_of_an_older_reading_is_aborted(api: Api) -> None:
    created = await api.create()
    await api.update(Product(id=created.id, title="Flax shirt"), "title")
    error = await refusal(api.update(Product(id=created.id, title="Shirt", etag=created.etag), "title"))
    assert reason(error) == (grpc.StatusCode.ABORTED, "PRODUCT_CHANGED")


async def test_an_unknown_product_is_not_found(api: Api) -> None:
    unknown = ids.new("prod")
    calls = [
        api.public.GetProduct(pb.GetProductRequest(product_id=unknown)),
        api.public.GetProduct(pb.GetProductRequest(slug="no-such-slug")),
        api.public.ArchiveProduct(pb.ArchiveProductRequest(product_id=unknown), metadata=api.staff),
        api.update(Product(id=unknown, title="x"), "title"),
    ]
    for call in calls:
        assert reason(await refusal(call)) == (grpc.StatusCode.NOT_FOUND, "PRODUCT_NOT_FOUND")


async def test_a_batch_comes_in_the_order_asked_for_or_names_the_unknown(api: Api) -> None:
    first, second = await api.create(), await api.create()
    answer = await api.public.BatchGetProducts(pb.BatchGetProductsRequest(product_ids=[second.id, first.id]))
    assert [product.id for product in answer.products] == [second.id, first.id]
    unknown = ids.new("prod")
    error = await refusal(api.public.BatchGetProducts(pb.BatchGetProductsRequest(product_ids=[first.id, unknown])))
    assert unknown in str(error.details())


async def test_an_archived_product_is_listed_for_staff_who_ask(api: Api) -> None:
    made = await api.public.CreateCategory(
        pb.CreateCategoryRequest(request_id=str(uuid4()), category=Category(slug=token(), title="Shirts")),
        metadata=api.staff,
    )
    kept, gone = await api.create(category_id=made.id), await api.create(category_id=made.id)
    for _ in range(2):
        archived = await api.public.ArchiveProduct(pb.ArchiveProductRequest(product_id=gone.id), metadata=api.staff)
        assert (archived.state, archived.etag) == (PRODUCT_STATE_ARCHIVED, "2")
    request = pb.ListProductsRequest(category_id=made.id, show_archived=True)
    listed = [await api.public.ListProducts(request, metadata=who) for who in (None, api.customer, api.staff)]
    assert [[p.id for p in page.products] for page in listed] == [[kept.id], [kept.id], [gone.id, kept.id]]


async def test_pages_follow_one_another_and_tokens_belong_to_their_list(api: Api) -> None:
    made = await api.public.CreateCategory(
        pb.CreateCategoryRequest(request_id=str(uuid4()), category=Category(slug=token(), title="Shirts")),
        metadata=api.staff,
    )
    products = [await api.create(category_id=made.id) for _ in range(3)]
    request = pb.ListProductsRequest(category_id=made.id, page_size=2)
    first = await api.public.ListProducts(request)
    request.page_token = first.next_page_token
    second = await api.public.ListProducts(request)
    assert [p.id for p in (*first.products, *second.products)] == [p.id for p in reversed(products)]
    assert second.next_page_token == ""
    request.category_id = ""
    assert fields(await refusal(api.public.ListProducts(request))) == ["page_token"]
    assert fields(await refusal(api.public.ListCategories(pb.ListCategoriesRequest(page_token="!")))) == ["page_token"]


async def test_categories_are_listed_in_the_order_of_their_creation(api: Api) -> None:
    parent = ""
    made = []
    for title in ("Clothes", "Shirts"):
        category = Category(slug=token(), title=title, parent_id=parent)
        request = pb.CreateCategoryRequest(request_id=str(uuid4()), category=category)
        made.append(await api.public.CreateCategory(request, metadata=api.staff))
        parent = made[-1].id
    found: list[Category] = []
    page = pb.ListCategoriesResponse(next_page_token="")
    while not found or page.next_page_token:
        page = await api.public.ListCategories(
            pb.ListCategoriesRequest(page_size=3, page_token=page.next_page_token if found else "")
        )
        found += page.categories
    assert [c for c in found if c.id in {m.id for m in made}] == made
