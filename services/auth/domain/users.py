"""Users and what they may do."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a user may do; the values stand in access tokens."""

    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"
    ADMIN = "ADMIN"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a log-in; ``locale`` is a BCP 47 tag or empty, ``version`` counts changes from 1."""

    id: str
    email: str
    display_name: str
    locale: str
    roles: tuple[Role, ...]
    create_time: datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class Credential:
    """A user with the stored hash of their password, in argon2's own text form."""

    user: User
    password_hash: str


def normal_email(email: str) -> str:
    """The form in which addresses are compared and stored: without surrounding space, in lower case.

    Mail systems may tell local parts apart by case and none does; people write their own address both ways.
    """
    return email.strip().lower()


def normal_password(password: str) -> str:
    """The form in which passwords are hashed: keyboards compose the same letter differently (NIST 800-63B)."""
    return unicodedata.normalize("NFKC", password)
