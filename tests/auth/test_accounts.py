"""Registering, and making users by command."""

import asyncio

import pytest
from shopmesh.auth.v1.auth_events_pb2 import UserRegistered

from services.auth.domain.users import Role
from services.auth.main import Core
from services.chassis.database import Row, query
from services.chassis.errors import AlreadyExists, Unauthenticated
from tests.auth.conftest import PASSWORD, somebody

pytestmark = pytest.mark.stack
EVENTS = query("select * from outbox where key = %(key)s")
STORED = query("select * from users join credentials on user_id = id where email = %(email)s")
ANOTHER_PASSWORD = "another horse battery"


async def events(auth: Core, user_id: str) -> list[Row]:
    async with auth.database.reader() as tx:
        return await tx.all(EVENTS, key=user_id)


async def test_registering_makes_a_customer_and_announces_them(auth: Core) -> None:
    new = somebody(locale="de-AT")
    user = await auth.accounts.register(new)
    assert await auth.accounts.get(user.id) == user
    assert user.roles == (Role.CUSTOMER,)
    [event] = await events(auth, user.id)
    told = UserRegistered.FromString(event["payload"])
    assert (event["topic"], event["version"]) == ("user-events", 1)
    assert (told.user_id, told.email, told.locale) == (user.id, new.email, "de-AT")


async def test_of_a_password_only_its_hash_is_kept(auth: Core) -> None:
    new = somebody()
    await auth.accounts.register(new)
    async with auth.database.reader() as tx:
        row = await tx.one(STORED, email=new.email)
    assert row is not None
    assert row["password_hash"].startswith("$argon2id$")
    assert PASSWORD not in str(row)


async def test_an_address_has_one_log_in_however_it_is_written(auth: Core) -> None:
    new = somebody()
    await auth.accounts.register(new)
    with pytest.raises(AlreadyExists) as refused:
        await auth.accounts.register(somebody(email=new.email.upper()))
    assert refused.value.reason == "EMAIL_TAKEN"


async def test_of_many_who_register_one_address_at_once_one_succeeds(auth: Core) -> None:
    new = somebody()
    barrier = asyncio.Barrier(8)

    async def register() -> str:
        await barrier.wait()
        return (await auth.accounts.register(new)).id

    results = await asyncio.gather(*(register() for _ in range(8)), return_exceptions=True)
    [user_id] = [result for result in results if isinstance(result, str)]
    assert len(await events(auth, user_id)) == 1


async def test_the_command_makes_a_user_without_greeting_them(auth: Core) -> None:
    admin = await auth.accounts.ensure(somebody(), Role.ADMIN)
    assert (await auth.accounts.get(admin.id)).roles == (Role.ADMIN,)
    assert await events(auth, admin.id) == []


async def test_the_command_repeated_changes_nothing_and_keeps_sessions(auth: Core) -> None:
    new = somebody()
    first = await auth.accounts.ensure(new, Role.STAFF)
    session = await auth.log_ins.log_in(new.email, PASSWORD)
    assert await auth.accounts.ensure(new, Role.STAFF) == first
    await auth.log_ins.refresh(session.refresh_token)


async def test_the_command_sets_role_and_password_of_a_user_who_exists_and_ends_their_sessions(auth: Core) -> None:
    new = somebody()
    customer = await auth.accounts.register(new)
    session = await auth.log_ins.log_in(new.email, PASSWORD)
    changed = await auth.accounts.ensure(somebody(email=new.email, password=ANOTHER_PASSWORD), Role.ADMIN)
    assert (changed.id, changed.version) == (customer.id, 2)
    assert (await auth.log_ins.log_in(new.email, ANOTHER_PASSWORD)).user.roles == (Role.ADMIN,)
    with pytest.raises(Unauthenticated):
        await auth.log_ins.refresh(session.refresh_token)
