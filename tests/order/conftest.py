"""Order over a real PostgreSQL, and over a real read-model server where a test asks for it."""

import base64
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf.message import Message
from pydantic import SecretStr
from pymongo import AsyncMongoClient
from shopmesh.order.v1 import order_events_pb2

from deploy.local import addresses
from deploy.local.stack import Stack
from services.chassis import ids
from services.chassis.clock import utc_now
from services.chassis.database import Database, Row, query
from services.chassis.outbox import Outbox
from services.chassis.tasks import Tasks
from services.order.adapters.lists import OrderListStore
from services.order.adapters.placements import PlacementRepository
from services.order.adapters.repository import OrderRepository
from services.order.domain import saga
from services.order.domain.events import Placed
from services.order.domain.order import Order
from services.order.domain.tokens import TokenKeys, parse_keys
from services.order.use_cases.placing import PlaceOrder, Policy
from services.order.use_cases.saga import Saga
from tests.order.builders import ADA, placed
from tests.order.world import AlarmModel, CartModel, CatalogModel, PaymentModel

MIGRATIONS = Path(__file__).parents[2] / "services" / "order" / "migrations"
KEYS = parse_keys("k1:" + base64.b64encode(b"k" * 32).decode())
POLICY = Policy(
    currency="EUR",
    redirect_allow_list=("http://127.0.0.1:*",),
    deadline=timedelta(minutes=30),
    reservation_life=timedelta(minutes=45),
    abandon_after=timedelta(minutes=10),
    max_unpaid_units=0,
)
_PUBLISHED = query("select version, type, payload from outbox where key = %(key)s order by version")
_CAUSES = query("select cause_id from order_events where order_id = %(order_id)s order by version")
_TASKS = query("select kind, due_time from tasks where key = %(key)s order by kind")


@pytest.fixture(scope="session")
def database_url(new_database: Callable[[Path | None], str]) -> str:
    return new_database(MIGRATIONS)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    settings: Any = SimpleNamespace(
        database_url=SecretStr(database_url), database_pool_size=8, database_pgbouncer=False
    )
    async with Database(settings) as opened:
        yield opened


@pytest.fixture
def alarms() -> AlarmModel:
    return AlarmModel()


@pytest.fixture
def orders(database: Database, alarms: AlarmModel) -> OrderRepository:
    return OrderRepository(database, Outbox("order"), Tasks(), alarms)


@pytest.fixture(scope="session")
def mongodb_uri(stack: Stack) -> str:
    stack.up(only={"mongo"})
    return addresses.mongo(stack.installation)


@pytest.fixture
async def lists(mongodb_uri: str, database: Database) -> AsyncIterator[OrderListStore]:
    """A read model of the test's own, without a marker; dropped afterwards, for the server keeps all in its memory."""
    name = f"t_{secrets.token_hex(6)}"
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        async with OrderListStore(mongodb_uri, name, database, utc_now) as opened:
            yield opened
        await client.drop_database(name)


@dataclass
class Written:
    """What the tables hold for an order."""

    database: Database

    async def published(self, order_id: str) -> list[Message]:
        """The events of the outbox, in their order."""
        async with self.database.reader() as tx:
            rows = await tx.all(_PUBLISHED, key=order_id)
        return [_message(row) for row in rows]

    async def versions(self, order_id: str) -> list[int]:
        async with self.database.reader() as tx:
            return [row["version"] for row in await tx.all(_PUBLISHED, key=order_id)]

    async def causes(self, order_id: str) -> list[str]:
        """What caused each event of the stream."""
        async with self.database.reader() as tx:
            return [row["cause_id"] for row in await tx.all(_CAUSES, order_id=ids.uuid_of(order_id))]

    async def tasks(self, order_id: str) -> dict[str, datetime]:
        """Due times by kind."""
        async with self.database.reader() as tx:
            return {row["kind"]: row["due_time"] for row in await tx.all(_TASKS, key=order_id)}


def _message(row: Row) -> Message:
    message: Message = getattr(order_events_pb2, row["type"].rpartition(".")[2]).FromString(row["payload"])
    return message


@pytest.fixture
def written(database: Database) -> Written:
    return Written(database)


@dataclass
class Desk:
    """The use cases over a real database, with models of the other services."""

    database: Database
    orders: OrderRepository
    alarms: AlarmModel
    carts: CartModel = field(default_factory=CartModel)
    catalog: CatalogModel = field(default_factory=CatalogModel)
    payments: PaymentModel = field(default_factory=PaymentModel)
    now: Callable[[], datetime] = utc_now
    policy: Policy = POLICY
    keys: TokenKeys = KEYS

    def __post_init__(self) -> None:
        self.placements = PlacementRepository(self.database, Tasks(), self.clock)
        self.place_order = PlaceOrder(
            self.database,
            self.orders,
            self.placements,
            self.carts,
            self.catalog,
            self.payments,
            self.keys,
            self.policy,
            self.clock,
        )
        self.saga = Saga(self.database, self.orders, self.placements, self.catalog, self.payments, self.clock)

    def clock(self) -> datetime:
        return self.now()


@pytest.fixture
def desk(database: Database, orders: OrderRepository, alarms: AlarmModel) -> Desk:
    return Desk(database, orders, alarms)


async def begun(orders: OrderRepository, event: Placed | None = None) -> Order:
    """An order that was just placed by Ada."""
    order_id = ids.new("ord")
    await orders.create(order_id, f"rpc:PlaceOrder:test:{order_id}", saga.place(event or placed()), ADA)
    record = await orders.get(order_id)
    assert record is not None
    return record.order
