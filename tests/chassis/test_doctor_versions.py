"""A server that is too old is refused by its version. What this machine runs is made too old by asking for more."""

from collections.abc import Callable

import pytest

from deploy.local import addresses
from deploy.local.stack import Stack
from services.cart.adapters import doctor as look_valkey
from services.chassis import look_postgres
from services.chassis.doctor import Unusable
from services.order.adapters import doctor as look_mongodb

pytestmark = pytest.mark.stack


async def test_postgresql(new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_postgres, "OLDEST", 99)
    with pytest.raises(Unusable, match=r"^version \d+ is too old: use PostgreSQL >= 99$"):
        await look_postgres.postgres(new_database(None), False, "")


async def test_mongodb(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.up(only={"mongo"})
    monkeypatch.setattr(look_mongodb, "OLDEST", (99, 0))
    with pytest.raises(Unusable, match=r"^version [\d.]+ is too old: use MongoDB >= 99\.0$"):
        await look_mongodb.mongodb(addresses.mongo(stack.installation), "shopmesh_doctor")


async def test_valkey(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.up(only={"valkey"})
    monkeypatch.setattr(look_valkey, "OLDEST", (99, 0))
    with pytest.raises(Unusable, match=r"^this is Redis [\d.]+: use Valkey, or Redis >= 99\.0$"):
        await look_valkey.valkey(addresses.valkey(stack.installation))
