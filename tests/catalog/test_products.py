"""``ports.Products``, ``Categories`` and ``Prices`` over a real PostgreSQL."""

import asyncio
from dataclasses import replace

import pytest
from pydantic import SecretStr

from services.catalog.adapters.outgoing import Outgoing
from services.catalog.adapters.products import ProductRepository
from services.catalog.api.mapping import product_to_proto
from services.catalog.domain import products as rules
from services.catalog.domain.categories import Category
from services.catalog.domain.products import Changes, FreeStock, Product
from services.catalog.settings import Settings
from services.catalog.use_cases import republishing
from services.chassis import ids
from services.chassis.database import Database, query
from services.chassis.errors import Aborted, AlreadyExists, FailedPrecondition
from services.chassis.money import Money
from services.chassis.outbox import Outbox
from tests.catalog.conftest import LATER, NOW, Catalog, new_variant, shirt, simple, titled, token, variant

pytestmark = pytest.mark.stack
_EMPTY_COPY = query(
    """do $$ declare name text; begin
           create schema empty_copy;
           for name in select tablename from pg_tables where schemaname = 'public' loop
               execute format('create table empty_copy.%%1$I (like public.%%1$I including all)', name);
           end loop;
       end $$"""
)


async def category(catalog: Catalog, parent: str = "") -> str:
    """A new category's id."""
    made = Category(ids.new("cat"), token(), "Shirts", parent, NOW)
    await catalog.categories.create(made)
    return made.id


async def test_a_product_is_read_as_it_was_stored(catalog: Catalog) -> None:
    where = await category(catalog)
    pictures = ("https://example.org/1.svg", "https://example.org/2.svg")
    prices = (Money(4900, "EUR"), Money(790000, "JPY"))
    given = shirt(
        variant("S", initial_stock=3, prices=prices),
        variant("M"),
        category_id=where,
        image_urls=pictures,
        short_description="One sentence.",
        description="Two\nlines.",
    )
    created = await catalog.products.create(given)
    bare = replace(given, variants=tuple(replace(v, initial_stock=0) for v in given.variants))
    assert created.product == bare
    assert list(created.stock.values()) == [FreeStock(3, 1), FreeStock(0, 1)]
    assert await catalog.products.get(given.id) == created
    assert await catalog.products.by_slug(given.details.slug) == created
    assert await catalog.products.many([given.id, ids.new("prod")]) == [created]


async def test_nothing_is_found_where_nothing_is(catalog: Catalog) -> None:
    assert await catalog.products.get(ids.new("prod")) is None
    assert await catalog.products.by_slug("no-such-slug") is None
    assert await catalog.products.update(ids.new("prod"), lambda product: product) is None


async def test_creating_announces_the_product_and_each_stock(catalog: Catalog) -> None:
    pictures = ("https://example.org/1.svg",)
    texts = {"short_description": "One sentence.", "description": "Two\nlines."}
    product = await catalog.made(shirt(variant("S", initial_stock=3), image_urls=pictures, **texts))
    [(version, created)] = await catalog.events(product.id)
    assert (version, created.DESCRIPTOR.name, created.product) == (1, "ProductCreated", product_to_proto(product))
    assert (created.product.description, created.product.variants[0].stock) == ("Two\nlines.", 0)
    [(version, changed)] = await catalog.events(product.variants[0].id)
    assert (version, changed.received, changed.free, changed.reason) == (1, 3, 3, "initial")


async def test_a_taken_slug_or_sku_is_refused_by_name_and_changes_nothing(catalog: Catalog) -> None:
    first, other = await catalog.made(simple()), simple()
    same_slug = replace(other, details=replace(other.details, slug=first.details.slug))
    with pytest.raises(AlreadyExists, match="SLUG_TAKEN"):
        await catalog.products.create(same_slug)
    same_sku = replace(other, variants=(replace(other.variants[0], sku=first.variants[0].sku),))
    with pytest.raises(AlreadyExists, match="SKU_TAKEN") as refusal:
        await catalog.products.create(same_sku)
    assert refusal.value.metadata == {"sku": first.variants[0].sku}
    with pytest.raises(AlreadyExists, match="SLUG_TAKEN"):
        await catalog.products.create(replace(same_slug, variants=same_sku.variants))
    assert await catalog.products.get(other.id) is None
    assert await catalog.events(other.id) == []


async def test_an_unknown_category_is_refused(catalog: Catalog) -> None:
    with pytest.raises(FailedPrecondition, match="CATEGORY_UNKNOWN"):
        await catalog.products.create(shirt(category_id=ids.new("cat")))
    with pytest.raises(FailedPrecondition, match="CATEGORY_UNKNOWN"):
        await category(catalog, parent=ids.new("cat"))


async def test_a_withdrawn_variant_stays_in_the_database_and_can_return(catalog: Catalog) -> None:
    product = await catalog.made(shirt())
    small, *others = product.variants

    updated = await catalog.products.update(
        product.id, lambda p: rules.apply(p, Changes({}, tuple(others)), LATER, new_variant)
    )
    assert updated is not None
    assert [v.id for v in updated.product.variants] == [v.id for v in others]
    assert await catalog.buckets(small.id) == (5, 5, 0, 0, 1)

    again = (*others, variant("S", sku=small.sku, initial_stock=7))
    restored = await catalog.products.update(
        product.id, lambda p: rules.apply(p, Changes({}, again), LATER, new_variant)
    )
    assert restored is not None
    assert [v.id for v in restored.product.variants] == [*(v.id for v in others), small.id]
    assert restored.stock[small.id] == FreeStock(5, 1)
    assert [version for version, _ in await catalog.events(product.id)] == [1, 2, 3]


async def test_two_variants_can_swap_their_skus(catalog: Catalog) -> None:
    product = await catalog.made(shirt(variant("S"), variant("M")))
    small, medium = product.variants
    swapped = (replace(small, sku=medium.sku), replace(medium, sku=small.sku))
    updated = await catalog.products.update(
        product.id, lambda p: rules.apply(p, Changes({}, swapped), LATER, new_variant)
    )
    assert updated is not None
    assert [v.sku for v in updated.product.variants] == [medium.sku, small.sku]


async def test_a_new_variant_can_take_the_sku_that_another_gives_up(catalog: Catalog) -> None:
    product = await catalog.made(shirt(variant("S")))
    small = product.variants[0]
    given_up = (replace(small, sku=f"{small.sku}-OLD"), variant("M", sku=small.sku, initial_stock=2))
    updated = await catalog.products.update(
        product.id, lambda p: rules.apply(p, Changes({}, given_up), LATER, new_variant)
    )
    assert updated is not None
    assert [v.sku for v in updated.product.variants] == [f"{small.sku}-OLD", small.sku]
    assert updated.product.variants[0].id == small.id != updated.product.variants[1].id


async def test_an_update_that_changes_nothing_announces_nothing(catalog: Catalog) -> None:
    product = await catalog.made(simple())
    same = Changes({"title": product.details.title}, product.variants)
    stocked = await catalog.products.update(product.id, lambda p: rules.apply(p, same, LATER, new_variant))
    assert stocked is not None
    assert stocked.product.version == 1
    assert len(await catalog.events(product.id)) == 1


async def test_of_updates_made_from_one_version_one_wins(catalog: Catalog) -> None:
    product, barrier = await catalog.made(shirt()), asyncio.Barrier(8)

    async def rename(number: int) -> bool:
        changes = Changes({"title": f"Shirt {number}"}, product.variants[: 1 + number % 3], etag="1")
        await barrier.wait()
        try:
            await catalog.products.update(product.id, lambda p: rules.apply(p, changes, LATER, new_variant))
        except Aborted:
            return False
        return True

    assert sum(await asyncio.gather(*(rename(number) for number in range(8)))) == 1


async def test_updates_at_once_follow_one_another(catalog: Catalog) -> None:
    product, barrier = await catalog.made(shirt()), asyncio.Barrier(8)

    async def grow(number: int) -> None:
        def change(p: Product) -> Product:
            pictures = (*p.details.image_urls, f"https://example.org/{number}.svg")
            return rules.apply(p, Changes({"image_urls": pictures}, p.variants), LATER, new_variant)

        await barrier.wait()
        await catalog.products.update(product.id, change)

    await asyncio.gather(*(grow(number) for number in range(8)))
    stocked = await catalog.products.get(product.id)
    assert stocked is not None
    assert (stocked.product.version, len(stocked.product.details.image_urls)) == (9, 8)
    assert [version for version, _ in await catalog.events(product.id)] == list(range(1, 10))


async def test_pages_hold_active_products_of_the_subtree_newest_first(catalog: Catalog) -> None:
    top = await category(catalog)
    below = [await category(catalog, top), await category(catalog, top)]
    elsewhere = await category(catalog)
    await catalog.made(shirt(category_id=elsewhere))
    made = [await catalog.made(shirt(category_id=where)) for where in (top, *below, below[0], top)]
    newest = [product.id for product in reversed(made)]
    await catalog.products.update(newest[1], lambda product: rules.archive(product, LATER))

    found: list[str] = []
    while page := await catalog.products.page(found[-1] if found else None, 2, category_id=top):
        found += [stocked.product.id for stocked in page]
    assert found == [newest[0], *newest[2:]]
    everything = await catalog.products.page(None, 9, category_id=top, archived=True)
    assert [stocked.product.id for stocked in everything] == newest
    assert await catalog.products.page(None, 9, category_id=ids.new("cat")) == []


async def test_a_page_of_all_products_begins_with_the_newest(catalog: Catalog) -> None:
    older, newer = await catalog.made(simple()), await catalog.made(simple())
    page = await catalog.products.page(None, 2)
    assert [stocked.product.id for stocked in page] == [newer.id, older.id]
    assert [s.product.id for s in await catalog.products.page(newer.id, 1, archived=True)] == [older.id]


async def test_categories_come_parents_first_and_have_slugs_of_their_own(catalog: Catalog) -> None:
    top = await category(catalog)
    below = await category(catalog, top)
    page = await catalog.categories.page(top, 1)
    assert [(each.id, each.parent_id) for each in page] == [(below, top)]
    with pytest.raises(AlreadyExists, match="SLUG_TAKEN"):
        await catalog.categories.create(replace(page[0], id=ids.new("cat")))


async def test_prices_are_of_what_can_be_bought_in_the_currency(catalog: Catalog) -> None:
    product = await catalog.made(shirt(image_urls=("https://example.org/1.svg", "https://example.org/2.svg")))
    dollars = await catalog.made(shirt(variant(prices=(Money(100, "USD"),))))
    archived = await catalog.made(shirt())
    await catalog.products.update(archived.id, lambda p: rules.archive(p, LATER))
    withdrawn = product.variants[2]
    await catalog.products.update(
        product.id, lambda p: rules.apply(p, Changes({}, product.variants[:2]), LATER, new_variant)
    )

    asked = [*product.variants, *dollars.variants, *archived.variants, replace(variant(), id=new_variant())]
    priced = {each.variant_id: each for each in await catalog.prices.of([v.id for v in asked], "EUR")}
    assert set(priced) == {v.id for v in product.variants if v is not withdrawn}
    small = priced[product.variants[0].id]
    assert (small.title, small.variant_title, small.unit_price) == ("Linen shirt", "S", Money(4900, "EUR"))
    assert (small.image_url, small.free, small.product_id) == ("https://example.org/1.svg", 5, product.id)


async def test_republishing_tells_every_product_at_the_version_it_has(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(republishing, "BATCH", 1)
    product, archived = await catalog.made(simple()), await catalog.made(simple())
    await catalog.products.update(product.id, lambda p: titled(p, "Shirt"))
    await catalog.products.update(archived.id, lambda p: rules.archive(p, LATER))
    count = await republishing.republish(catalog.products)
    assert count >= 2
    told = [(version, e.DESCRIPTOR.name, e.product.title) for version, e in await catalog.events(product.id)]
    assert told[1:] == [(2, "ProductUpdated", "Shirt")] * 2
    assert [e.DESCRIPTOR.name for _, e in await catalog.events(archived.id)][1:] == ["ProductArchived"] * 2


async def test_what_is_shown_comes_from_the_read_only_copy(catalog: Catalog, settings: Settings) -> None:
    """A copy that has nothing yet and cannot be written: reading asks it, deciding and writing never do."""
    outgoing = Outgoing(Outbox("catalog"), product_to_proto)
    address = SecretStr(f"{settings.database_url.get_secret_value()}?options=-csearch_path%3Dempty_copy")
    async with catalog.database.transaction() as tx:
        await tx.execute(_EMPTY_COPY)
    async with Database(settings, address) as copy:
        products = ProductRepository(catalog.database, outgoing, copy)
        made = shirt(variant("S"))
        await products.create(made)
        assert await products.get(made.id) is None
        assert made.id not in [stocked.product.id for stocked in await products.page(None, 100)]
        assert await products.update(made.id, lambda product: titled(product, "Another")) is not None
    found = await catalog.products.get(made.id)
    assert found is not None
    assert found.product.details.title == "Another"
