"""Auth's own commands: the first administrator, and a new signing key."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import click

from services.auth.domain.users import Role, User
from services.auth.use_cases.access_tokens import AccessTokens
from services.auth.use_cases.accounts import Accounts, NewUser

SHORTEST_PASSWORD = 10
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


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
    @click.option("--password-file", type=_FILE, help="Read the password from this file, instead of asking.")
    @click.option("--if-missing", is_flag=True, help="Leave a user who has this e-mail address as they are.")
    def create_user(
        email: str, display_name: str, role: Role, password_stdin: bool, password_file: Path | None, if_missing: bool
    ) -> None:
        """Make a user with this role and password, or give them to one who exists; to repeat it changes nothing."""
        if password_stdin and password_file:
            raise click.UsageError("--password-stdin and --password-file exclude each other")
        new = NewUser(email, _password(password_stdin, password_file), display_name)
        user = asyncio.run(_ensure(opened, new, role, if_missing))
        click.echo(f"{user.id} {user.email} {' '.join(user.roles)}")

    return create_user


def _rotate_signing_key(opened: Opened) -> click.Command:
    @click.command("rotate-signing-key")
    def rotate_signing_key() -> None:
        """Publish a new signing key, which takes over once every verifier had the time to read it."""
        click.echo(asyncio.run(_rotate(opened)))

    return rotate_signing_key


def _password(from_stdin: bool, file: Path | None) -> str:
    if file:
        password = file.read_text().removesuffix("\n")  # as editors end a file, and `echo` too
    elif from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < SHORTEST_PASSWORD:
        raise click.ClickException(f"the password must have at least {SHORTEST_PASSWORD} characters")
    return str(password)


async def _ensure(opened: Opened, new: NewUser, role: Role, if_missing: bool) -> User:
    async with opened() as operator:
        return await operator.accounts.ensure(new, role, if_missing)


async def _rotate(opened: Opened) -> str:
    async with opened() as operator:
        key = await operator.tokens.rotate()
    return f"{key.id} signs from {key.activate_time.isoformat()}"
