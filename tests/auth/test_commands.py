"""The operator's commands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click
import pytest
from click.testing import CliRunner, Result

from services.auth.api.commands import Operator, commands
from services.auth.domain.users import Role
from services.auth.main import core
from services.auth.settings import Settings
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


def test_a_short_password_and_an_unknown_role_are_refused(group: click.Group) -> None:
    assert "at least 10" in create_user(group, somebody().email, "ADMIN", password="short").output
    assert "Invalid value for '--role'" in create_user(group, somebody().email, "EMPEROR").output


def test_a_rotation_says_when_the_new_key_takes_over(group: click.Group) -> None:
    result = CliRunner().invoke(group, ["rotate-signing-key"])
    assert result.exit_code == 0
    assert "signs from" in result.output
