"""Auth's own commands: the first administrator, and a new signing key."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import click

from services.auth.domain.users import Role, User
from services.auth.use_cases.access_tokens import AccessTokens
from services.auth.use_cases.accounts import Accounts, NewUser

SHORTEST_PASSWORD = 10


@dataclass(frozen=True, slots=True)
class Operator:
    """What the commands drive."""

    accounts: Accounts
    tokens: AccessTokens


Opened = Callable[[], AbstractAsyncContextManager[Operator]]


def commands(opened: Opened) -> list[click.Command]:
    """The commands over whatever ``opened`` opens."""
    return [_create_user(opened), _rotate_signing_key(opened)]


def _create_user(opened: Opened) -> click.Command:
    @click.command("create-user")
    @click.option("--email", required=True, help="E-mail address; a user who has it is changed.")
    @click.option("--display-name", required=True, help="Name to address them by.")
    @click.option("--role", type=click.Choice(Role), default=Role.CUSTOMER, show_default=True)
    @click.option("--password-stdin", is_flag=True, help="Read the password from standard input, instead of asking.")
    def create_user(email: str, display_name: str, role: Role, password_stdin: bool) -> None:
        """Make a user with this role and password, or give them to one who exists."""
        new = NewUser(email, _password(password_stdin), display_name)
        user = asyncio.run(_ensure(opened, new, role))
        click.echo(f"{user.id} {user.email} {role}")

    return create_user


def _rotate_signing_key(opened: Opened) -> click.Command:
    @click.command("rotate-signing-key")
    def rotate_signing_key() -> None:
        """Publish a new signing key, which takes over once every verifier had the time to read it."""
        click.echo(asyncio.run(_rotate(opened)))

    return rotate_signing_key


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < SHORTEST_PASSWORD:
        raise click.ClickException(f"the password must have at least {SHORTEST_PASSWORD} characters")
    return str(password)


async def _ensure(opened: Opened, new: NewUser, role: Role) -> User:
    async with opened() as operator:
        return await operator.accounts.ensure(new, role)


async def _rotate(opened: Opened) -> str:
    async with opened() as operator:
        key = await operator.tokens.rotate()
    return f"{key.id} signs from {key.activate_time.isoformat()}"
