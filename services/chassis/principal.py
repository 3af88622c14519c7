"""Who calls: a person with a token, a guest with an order token, or another service by its certificate."""

from contextvars import ContextVar
from dataclasses import dataclass

STAFF_ROLES = frozenset({"STAFF", "ADMIN"})


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of the present call; nothing is set for an anonymous one. ``address`` is the client's, by the edge's word."""

    user_id: str = ""
    roles: frozenset[str] = frozenset()
    session_id: str = ""
    service: str = ""
    order_token: str = ""
    address: str = ""

    @property
    def is_staff(self) -> bool:
        """Whether they work in the shop; administrators do."""
        return bool(self.roles & STAFF_ROLES)

    @property
    def is_admin(self) -> bool:
        return "ADMIN" in self.roles


ANONYMOUS = Principal()
_current: ContextVar[Principal] = ContextVar("principal", default=ANONYMOUS)


def current() -> Principal:
    """The caller of the present call."""
    return _current.get()


def enter(principal: Principal) -> None:
    """Sets the caller for the rest of this call; each call has a context of its own."""
    _current.set(principal)
