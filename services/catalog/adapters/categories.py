"""Categories in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from psycopg.errors import ForeignKeyViolation, UniqueViolation
from sqlalchemy import bindparam, insert, select

from services.catalog.adapters.rows import optional_id
from services.catalog.adapters.tables import categories
from services.catalog.domain.categories import Category, unknown_category
from services.chassis import ids
from services.chassis.database import Database, Row, query
from services.chassis.errors import AlreadyExists

FIRST = UUID(int=0)

_INSERT = query(insert(categories))
_PAGE = query(
    select(categories)
    .where(categories.c.id > bindparam("after", type_=categories.c.id.type))
    .order_by(categories.c.id)
    .limit(bindparam("count"))
)


class CategoryRepository:
    """Implements ``ports.Categories``. Pages are read from ``copy``, which may lag behind ``database``."""

    def __init__(self, database: Database, copy: Database) -> None:
        self._database = database
        self._copy = copy

    async def create(self, category: Category) -> None:
        async with self._database.transaction() as tx:
            try:
                async with tx.savepoint():
                    await tx.execute(_INSERT, **_columns(category))
            except UniqueViolation as error:
                message = f"the slug {category.slug} is that of another category"
                raise AlreadyExists("SLUG_TAKEN", message, metadata={"slug": category.slug}) from error
            except ForeignKeyViolation as error:
                raise unknown_category(category.parent_id) from error

    async def page(self, after: str | None, count: int) -> Sequence[Category]:
        async with self._copy.reader() as tx:
            found = await tx.all(_PAGE, after=ids.uuid_of(after) if after else FIRST, count=count)
        return [_category_of(row) for row in found]


def _columns(category: Category) -> Row:
    return {
        "id": ids.uuid_of(category.id),
        "slug": category.slug,
        "title": category.title,
        "parent_id": optional_id(category.parent_id),
        "create_time": category.create_time,
    }


def _category_of(row: Row) -> Category:
    return Category(
        id=ids.text("cat", row["id"]),
        slug=row["slug"],
        title=row["title"],
        parent_id=ids.text("cat", row["parent_id"]) if row["parent_id"] else "",
        create_time=row["create_time"],
    )
