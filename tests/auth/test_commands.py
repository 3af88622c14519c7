"""The operator's commands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from services.auth.adapters.passwords import Argon2Passwords
from services.auth.adapters.users import PostgresUsers
from services.auth.api.commands import Operator, commands
from services.auth.domain.users import Role
from services.auth.main import core
from services.auth.settings import Settings
from services.chassis.outbox import Outbox
from tests.auth.conftest import PASSWORD, somebody

pytestmark = pytest.mark.stack


@pytest.fixture
def group(settings: Settings) -> click.Group:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Operator]:
        auth = core(settings)
        async with auth.database:
            yield Operator(auth.accounts, auth.tokens)

    return click.Group("auth", commands=commands(opened))


def create_user(group: click.Group, email: str, role: str, password: str = PASSWORD) -> Result:
    arguments = ["create-user", "--email", email, "--display-name", "Boss", "--role", role, "--password-stdin"]
    return CliRunner().invoke(group, arguments, input=password + "\n")


def test_the_first_admin_is_made_by_a_command_that_may_be_repeated(group: click.Group) -> None:
    email = somebody().email
    results = [create_user(group, email.upper(), role) for role in ("STAFF", "ADMIN", "ADMIN")]
    assert [result.exit_code for result in results] == [0, 0, 0]
    user_ids = {result.output.split()[0] for result in results}
    assert len(user_ids) == 1
    assert results[-1].output.split()[1:] == [email, Role.ADMIN]


def from_file(group: click.Group, email: str, file: Path, *more: str) -> Result:
    who = ["--email", email, "--display-name", "Boss", "--role", "ADMIN", "--password-file", str(file)]
    return CliRunner().invoke(group, ["create-user", *who, *more])


async def test_a_job_makes_the_first_admin_and_leaves_alone_what_the_admin_changed_since(
    group: click.Group, settings: Settings, tmp_path: Path
) -> None:
    email, file = somebody().email, tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    first = await asyncio.to_thread(from_file, group, email, file, "--if-missing")
    file.write_text("a password of later")
    again = await asyncio.to_thread(from_file, group, email, file, "--if-missing")
    assert (first.exit_code, again.exit_code, again.output) == (0, 0, first.output)
    async with core(settings).database as database:
        known = await PostgresUsers(database, Outbox("auth")).by_email(email)
    passwords = Argon2Passwords(settings.argon2_parameters(), 1)
    assert known is not None
    assert await passwords.matches(PASSWORD, known.password_hash)
    assert known.user.version == 1


def test_a_password_comes_from_one_place(group: click.Group, tmp_path: Path) -> None:
    missing = from_file(group, somebody().email, tmp_path / "none")
    assert (missing.exit_code, "does not exist" in missing.output) == (2, True)
    (tmp_path / "password").write_text(PASSWORD)
    both = from_file(group, somebody().email, tmp_path / "password", "--password-stdin")
    assert (both.exit_code, "exclude each other" in both.output) == (2, True)


def test_a_short_password_and_an_unknown_role_are_refused(group: click.Group) -> None:
    assert "at least 10" in create_user(group, somebody().email, "ADMIN", password="short").output
    assert "Invalid value for '--role'" in create_user(group, somebody().email, "EMPEROR").output


def test_a_rotation_says_when_the_new_key_takes_over(group: click.Group) -> None:
    result = CliRunner().invoke(group, ["rotate-signing-key"])
    assert result.exit_code == 0
    assert "signs from" in result.output
