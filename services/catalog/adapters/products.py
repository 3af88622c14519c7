"""Products in PostgreSQL."""

from collections.abc import Callable, Sequence
from uuid import UUID

from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.types.json import Jsonb
from sqlalchemy import bindparam, insert, update

from services.catalog.adapters import rows
from services.catalog.adapters.outgoing import Outgoing
from services.catalog.adapters.tables import products
from services.catalog.domain.categories import unknown_category
from services.catalog.domain.events import ProductCreated, event_of
from services.catalog.domain.products import Product, StockedProduct
from services.catalog.domain.stock import StockChange, StockLevel
from services.chassis import ids
from services.chassis.database import Database, Query, Transaction, query
from services.chassis.errors import AlreadyExists

FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)

_BY_ID = query(f"{rows.ON_SALE} where p.id = %(id)s")
_BY_SLUG = query(f"{rows.ON_SALE} where p.slug = %(slug)s")
_MANY = query(f"{rows.ON_SALE} where p.id = any(%(ids)s)")
_WHOLE = query(f"{rows.WITH_WITHDRAWN} where p.id = %(id)s")
# A lock that had to wait reads the newest row, but its statement's subqueries still see the tables as they were before:
# so products are locked by one statement and read by the next.
_LOCK = query("select id from products where id = %(id)s for update")
_LOCK_NEXT = query("select id from products where id > %(after)s order by id limit %(count)s for share")

# Newest first within each category of the subtree, so that no category is read beyond a page, then the newest of those.
_IN_CATEGORY = """
    with recursive subtree as (
        select id from categories where id = %(category_id)s
        union all select c.id from categories c join subtree t on c.parent_id = t.id
    ), page as (
        select f.id from subtree t cross join lateral (
            select id from products where category_id = t.id and id < %(after)s {and_active}
            order by id desc limit %(count)s) f
        order by f.id desc limit %(count)s
    )"""
_EVERYWHERE = """
    with page as (select id from products where id < %(after)s {and_active} order by id desc limit %(count)s)"""


def _page(page: str, archived: bool) -> Query:
    filtered = page.format(and_active="" if archived else "and state = 'ACTIVE'")
    return query(f"{filtered} {rows.ON_SALE} join page on page.id = p.id order by p.id desc")


_PAGES = {
    (bool(place == _IN_CATEGORY), archived): _page(place, archived)
    for place in (_IN_CATEGORY, _EVERYWHERE)
    for archived in (False, True)
}

_INSERT = query(insert(products))
_UPDATE = query(
    update(products)
    .where(products.c.id == bindparam("product_id"))
    .values({column: bindparam(column.name) for column in products.c if column.name not in ("id", "create_time")})
)
_VARIANTS = query(
    """insert into variants (id, product_id, position, sku, option_values, withdrawn)
       select r.id, %(product_id)s, r.position, r.sku, r.option_values, r.withdrawn
       from jsonb_to_recordset(%(rows)s)
           as r (id uuid, position integer, sku text, option_values jsonb, withdrawn boolean)
       on conflict (id) do update set
           position = excluded.position, sku = excluded.sku,
           option_values = excluded.option_values, withdrawn = excluded.withdrawn
       where variants.product_id = excluded.product_id"""
)
_NO_PRICES = query("delete from prices where variant_id in (select id from variants where product_id = %(product_id)s)")
_PRICES = query(
    """insert into prices (variant_id, currency, amount)
       select * from jsonb_to_recordset(%(rows)s) as r (variant_id uuid, currency text, amount bigint)"""
)
_FIRST_STOCK = query(
    """with added as (
           insert into stock (variant_id, received, free, reserved, sold, version)
           select r.id, r.initial_stock, r.initial_stock, 0, 0, 1
           from jsonb_to_recordset(%(rows)s) as r (id uuid, initial_stock bigint)
           on conflict do nothing returning *
       ), noted as (
           insert into stock_changes (variant_id, version, received, free, reserved, sold, reason, create_time)
           select variant_id, version, received, free, reserved, sold, %(reason)s, %(now)s from added
       )
       select variant_id, free from added"""
)
_TAKEN = query(
    """select 'slug' as what, slug as name from products where slug = %(slug)s and id <> %(product_id)s
       union all
       select 'sku', sku from variants where sku = any(%(skus)s) and product_id <> %(product_id)s
       limit 1"""
)


class ProductRepository:
    """Implements ``ports.Products``. What only shows products reads ``copy``, which may lag behind ``database``."""

    def __init__(self, database: Database, outgoing: Outgoing, copy: Database) -> None:
        self._database = database
        self._outgoing = outgoing
        self._copy = copy

    async def get(self, product_id: str) -> StockedProduct | None:
        async with self._copy.reader() as tx:
            row = await tx.one(_BY_ID, id=ids.uuid_of(product_id))
        return rows.product_of(row) if row else None

    async def by_slug(self, slug: str) -> StockedProduct | None:
        async with self._copy.reader() as tx:
            row = await tx.one(_BY_SLUG, slug=slug)
        return rows.product_of(row) if row else None

    async def many(self, product_ids: Sequence[str]) -> Sequence[StockedProduct]:
        async with self._copy.reader() as tx:
            found = await tx.all(_MANY, ids=[ids.uuid_of(each) for each in product_ids])
        return [rows.product_of(row) for row in found]

    async def page(
        self, after: str | None, count: int, *, category_id: str = "", archived: bool = False
    ) -> Sequence[StockedProduct]:
        place = {"category_id": ids.uuid_of(category_id)} if category_id else {}
        last = ids.uuid_of(after) if after else LAST
        async with self._copy.reader() as tx:
            found = await tx.all(_PAGES[bool(category_id), archived], after=last, count=count, **place)
        return [rows.product_of(row) for row in found]

    async def create(self, product: Product) -> StockedProduct:
        async with self._database.transaction() as tx:
            await self._save(tx, product, _INSERT)
            await self._outgoing.product(tx, ProductCreated(product))
            return await self._stored(tx, product)

    async def update(self, product_id: str, change: Callable[[Product], Product]) -> StockedProduct | None:
        async with self._database.transaction() as tx:
            before = await self._locked(tx, product_id)
            if before is None:
                return None
            after = change(before)
            if after != before:
                await self._save(tx, after, _UPDATE)
                await self._outgoing.product(tx, event_of(after))
            return await self._stored(tx, after)

    async def republish(self, after: str | None, count: int) -> Sequence[str]:
        # The share lock keeps a newer version from being committed, and so published, before this older one.
        async with self._database.transaction() as tx:
            locked = await tx.all(_LOCK_NEXT, after=ids.uuid_of(after) if after else FIRST, count=count)
            product_ids = [row["id"] for row in locked]
            for row in await tx.all(_MANY, ids=product_ids):
                await self._outgoing.product(tx, event_of(rows.product_of(row).product))
        return [ids.text("prod", each) for each in product_ids]

    async def _locked(self, tx: Transaction, product_id: str) -> Product | None:
        """The product with its withdrawn variants, locked until the transaction ends."""
        found = await tx.one(_LOCK, id=ids.uuid_of(product_id))
        if found is None:
            return None
        row = await tx.one(_WHOLE, id=found["id"])
        assert row is not None
        return rows.product_of(row).product

    async def _stored(self, tx: Transaction, product: Product) -> StockedProduct:
        row = await tx.one(_BY_ID, id=ids.uuid_of(product.id))
        assert row is not None
        return rows.product_of(row)

    async def _save(self, tx: Transaction, product: Product, statement: Query) -> None:
        """Writes all rows of the product; what is taken or unknown undoes them and is refused by name."""
        try:
            async with tx.savepoint():
                await self._write(tx, product, statement)
        except UniqueViolation as error:
            raise await _taken(tx, product) from error
        except ForeignKeyViolation as error:
            raise unknown_category(product.details.category_id) from error

    async def _write(self, tx: Transaction, product: Product, statement: Query) -> None:
        columns = rows.product_columns(product)
        product_id = columns["id"]
        variants = Jsonb(rows.variant_rows(product))
        await tx.execute(statement, **columns | {"options": Jsonb(columns["options"]), "product_id": product_id})
        await tx.execute(_VARIANTS, product_id=product_id, rows=variants)
        await tx.execute(_NO_PRICES, product_id=product_id)
        await tx.execute(_PRICES, rows=Jsonb(list(rows.price_rows(product))))
        await self._add_first_stock(tx, product, variants)

    async def _add_first_stock(self, tx: Transaction, product: Product, variants: Jsonb) -> None:
        """Gives the variants that are new a stock."""
        now = product.update_time
        for row in await tx.all(_FIRST_STOCK, rows=variants, reason="initial", now=now):
            free = row["free"]
            level = StockLevel(ids.text("var", row["variant_id"]), product.id, free, free, 0, 0, version=1)
            await self._outgoing.stock(tx, StockChange(level, "initial", "", now))


async def _taken(tx: Transaction, product: Product) -> AlreadyExists:
    """The refusal that says what another product has already; the slug where it has both."""
    skus = [variant.sku for variant in product.variants]
    row = await tx.one(_TAKEN, slug=product.details.slug, skus=skus, product_id=ids.uuid_of(product.id))
    what, name = (row["what"], row["name"]) if row else ("slug", product.details.slug)
    return AlreadyExists(
        f"{what.upper()}_TAKEN", f"the {what} {name} is that of another product", metadata={what: name}
    )
