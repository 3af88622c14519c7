"""Making and reading users."""

from dataclasses import dataclass, replace

from services.auth.domain.users import Credential, Role, User, normal_email, normal_password
from services.auth.ports import Passwords, Sessions, Users
from services.chassis import ids
from services.chassis.clock import Clock
from services.chassis.database import Database
from services.chassis.errors import AlreadyExists, Unauthenticated


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a person, or whoever makes the log-in for them, tells."""

    email: str
    password: str
    display_name: str
    locale: str = ""


class Accounts:
    """Making and reading users."""

    def __init__(
        self, users: Users, sessions: Sessions, passwords: Passwords, database: Database, clock: Clock
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._passwords = passwords
        self._database = database
        self._clock = clock

    async def register(self, new: NewUser) -> User:
        """A new customer, announced as UserRegistered; EMAIL_TAKEN where the address has a log-in."""
        credential = await self._credential(new, Role.CUSTOMER)
        if not await self._users.register(credential):
            raise AlreadyExists("EMAIL_TAKEN", "this e-mail address has a log-in already")
        return credential.user

    async def ensure(self, new: NewUser, role: Role, if_missing: bool = False) -> User:
        """A user with this name, role and password, whether or not they existed: for the operator's command.

        Nobody is greeted: who is made by an operator did not register. Another password ends the user's sessions. With
        ``if_missing`` one who existed stays as they are.
        """
        known = await self._users.by_email(normal_email(new.email))
        if known is None:
            credential = await self._credential(new, role)
            if await self._users.add(credential):
                return credential.user
            return await self.ensure(new, role, if_missing)
        return known.user if if_missing else await self._change(known, new, role)

    async def get(self, user_id: str) -> User:
        """The user; UNAUTHENTICATED where the token outlived them."""
        user = await self._users.get(user_id)
        if user is None:
            raise Unauthenticated("USER_GONE", "the user of this token does not exist")
        return user

    async def _credential(self, new: NewUser, role: Role) -> Credential:
        user = User(
            id=ids.new("usr"),
            email=normal_email(new.email),
            display_name=new.display_name,
            locale=new.locale,
            roles=(role,),
            create_time=self._clock(),
        )
        return Credential(user, await self._passwords.hash(normal_password(new.password)))

    async def _change(self, known: Credential, new: NewUser, role: Role) -> User:
        password = normal_password(new.password)
        same_password = await self._passwords.matches(password, known.password_hash)
        user = replace(known.user, display_name=new.display_name, roles=(role,))
        if same_password and user == known.user:
            return user
        password_hash = known.password_hash if same_password else await self._passwords.hash(password)
        changed = Credential(replace(user, version=user.version + 1), password_hash)
        async with self._database.transaction():
            await self._users.update(changed)
            if not same_password:
                await self._sessions.end_all(user.id, self._clock(), "PASSWORD_CHANGED")
        return changed.user
