"""Users and credentials in PostgreSQL."""

from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from services.auth.adapters import outgoing
from services.auth.adapters.tables import credentials, users
from services.auth.domain.users import Credential, Role, User
from services.chassis import ids
from services.chassis.database import Database, Row, Transaction, query
from services.chassis.outbox import Outbox

_INSERT_USER = query(insert(users).on_conflict_do_nothing(index_elements=[users.c.email]))
_INSERT_CREDENTIAL = query(insert(credentials))
_GET = query(select(users).where(users.c.id == bindparam("id")))
_BY_EMAIL = query(
    select(users, credentials.c.password_hash).join(credentials).where(users.c.email == bindparam("email"))
)
_UPDATE_USER = query(
    update(users)
    .where(users.c.id == bindparam("user_id"))
    .values({name: bindparam(name) for name in ("display_name", "roles", "version")})
)
_HOLD = query(
    """select user_id from credentials
       where user_id = %(user_id)s and password_hash = %(password_hash)s for update"""
)
_SET_HASH = query(
    update(credentials).where(credentials.c.user_id == bindparam("id")).values(password_hash=bindparam("password_hash"))
)


class PostgresUsers:
    """The port ``Users``."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def register(self, credential: Credential) -> bool:
        """Store a new user and UserRegistered in one transaction; False where the address is taken."""
        user = credential.user
        async with self._database.transaction() as tx:
            stored = await _insert(tx, credential)
            if stored:
                event = outgoing.user_registered(user)
                await self._outbox.add(tx, event, topic=outgoing.TOPIC, key=user.id, version=user.version)
        return stored

    async def add(self, credential: Credential) -> bool:
        """Store a new user without a word; False where the address is taken."""
        async with self._database.transaction() as tx:
            return await _insert(tx, credential)

    async def by_email(self, email: str) -> Credential | None:
        """The user of an address in its normal form."""
        async with self._database.reader() as tx:
            row = await tx.one(_BY_EMAIL, email=email)
        return Credential(_user(row), row["password_hash"]) if row else None

    async def get(self, user_id: str) -> User | None:
        """The user, if there is one."""
        async with self._database.reader() as tx:
            row = await tx.one(_GET, id=ids.uuid_of(user_id))
        return _user(row) if row else None

    async def update(self, credential: Credential) -> None:
        """Overwrite name, roles, version and password hash of a known user."""
        user = credential.user
        user_id = ids.uuid_of(user.id)
        roles = [role.value for role in user.roles]
        async with self._database.transaction() as tx:
            await tx.execute(
                _UPDATE_USER, user_id=user_id, display_name=user.display_name, roles=roles, version=user.version
            )
            await tx.execute(_SET_HASH, id=user_id, password_hash=credential.password_hash)

    async def still_has(self, credential: Credential) -> bool:
        """Whether this is still their password's hash; it stays so until the open transaction ends."""
        user_id = ids.uuid_of(credential.user.id)
        async with self._database.transaction() as tx:
            return await tx.one(_HOLD, user_id=user_id, password_hash=credential.password_hash) is not None

    async def set_password_hash(self, user_id: str, password_hash: str) -> None:
        """Replace the hash of an unchanged password."""
        async with self._database.transaction() as tx:
            await tx.execute(_SET_HASH, id=ids.uuid_of(user_id), password_hash=password_hash)


async def _insert(tx: Transaction, credential: Credential) -> bool:
    if not await tx.execute(_INSERT_USER, **_columns(credential.user)):
        return False
    user_id = ids.uuid_of(credential.user.id)
    await tx.execute(_INSERT_CREDENTIAL, user_id=user_id, password_hash=credential.password_hash)
    return True


def _columns(user: User) -> dict[str, Any]:
    return {
        "id": ids.uuid_of(user.id),
        "email": user.email,
        "display_name": user.display_name,
        "locale": user.locale,
        "roles": [role.value for role in user.roles],
        "version": user.version,
        "create_time": user.create_time,
    }


def _user(row: Row) -> User:
    return User(
        id=ids.text("usr", row["id"]),
        email=row["email"],
        display_name=row["display_name"],
        locale=row["locale"],
        roles=tuple(Role(role) for role in row["roles"]),
        create_time=row["create_time"],
        version=row["version"],
    )
