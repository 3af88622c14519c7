"""What a service's ``doctor`` says of the servers that its settings name."""

import importlib
import os
from collections.abc import Awaitable, Callable
from unittest.mock import patch

import click
import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import sql

from deploy.local.installation import SERVICES
from deploy.local.stack import Stack
from services.chassis import cli, doctor
from services.chassis.doctor import FAIL, OK, WARN, Doubtful, Unusable
from tests.chassis.conftest import postgres_settings

NOWHERE = "127.0.0.1:1"
OWN = {"order": "mongodb", "cart": "valkey", "notify": "smtp", "payment": "stripe"}
"""The server that a service alone speaks to."""


def answering(*answers: str | Exception) -> Callable[[], Awaitable[str]]:
    """A look that answers so in turn, and then the last one for ever."""
    left = list(answers)

    async def look() -> str:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return look


async def test_each_server_is_asked_and_what_to_do_is_said_in_a_line() -> None:
    looks = {
        "one": answering("version 17"),
        "two": answering(Doubtful("drops carts\nwhen it is full")),
        "three": answering(Unusable("too old:\n  use a newer one")),
    }
    assert await doctor.examine(looks) == {
        "one": (OK, "version 17"),
        "two": (WARN, "drops carts when it is full"),
        "three": (FAIL, "too old: use a newer one"),
    }


async def test_a_server_that_fails_is_asked_again_while_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PAUSE_SECONDS", 0.0)
    slow = {"one": answering(Unusable("not yet"), Unusable("not yet"), "here")}
    assert await doctor.examine(slow, wait_seconds=30) == {"one": (OK, "here")}
    assert await doctor.examine({"one": answering(Unusable("not yet"), "here")}) == {"one": (FAIL, "not yet")}


@pytest.fixture(scope="module")
def whole_stack(stack: Stack) -> Stack:
    """Every server, with the services' own databases."""
    stack.up(only=set(stack.components) - {"media"})
    return stack


def asked(service: str, **settings: str) -> Result:
    """The command of a service of the test stack, some of its settings changed."""
    main = importlib.import_module(f"services.{service}.main")
    own = importlib.import_module(f"services.{service}.settings").Settings
    with patch.dict(os.environ, Stack.for_tests().environment(service) | settings):
        command: click.Command = cli._doctor_command(own, main.assemble)
        return CliRunner().invoke(command, [])


@pytest.mark.stack
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_of_this_stack_finds_all_its_servers_well(whole_stack: Stack, service: str) -> None:
    done = asked(service)
    assert done.exit_code == 0, done.output
    words = [line.split() for line in done.output.splitlines()]
    said = {server: verdict for verdict, server, *_ in words}
    everybodys = {"kafka": OK} | ({} if service == "cart" else {"postgres": OK})
    assert said == everybodys | ({OWN[service]: OK} if service in OWN else {})


@pytest.mark.stack
@pytest.mark.parametrize(
    ("service", "setting", "address", "row"),
    [
        ("auth", "SHOPMESH_DATABASE_URL", f"postgresql://shop:secret@{NOWHERE}/auth", "FAIL  postgres"),
        ("cart", "VALKEY_URL", f"redis://:secret@{NOWHERE}/0", "FAIL  valkey"),
        ("notify", "SMTP_URL", f"smtp://me:secret@{NOWHERE}", "FAIL  smtp"),
        ("payment", "STRIPE_API_KEY", "pk_test_secret", "FAIL  stripe"),
    ],
)
def test_a_server_that_will_not_do_ends_the_command_with_1_and_its_setting_is_named(
    whole_stack: Stack, service: str, setting: str, address: str, row: str
) -> None:
    done = asked(service, **{setting: address})
    (line,) = (each for each in done.output.splitlines() if each.startswith(FAIL))
    assert (done.exit_code, line[: len(row)]) == (1, row)
    assert setting in line
    assert "secret" not in line


@pytest.mark.stack
def test_a_read_only_copy_is_asked_where_there_is_one(whole_stack: Stack) -> None:
    own = whole_stack.environment("catalog")["SHOPMESH_DATABASE_URL"]
    well = asked("catalog", SHOPMESH_DATABASE_READ_URL=own)
    assert (well.exit_code, "ok    postgres-copy" in well.output) == (0, True)
    away = asked("catalog", SHOPMESH_DATABASE_READ_URL=f"postgresql://shop:secret@{NOWHERE}/catalog")
    assert (away.exit_code, "check SHOPMESH_DATABASE_READ_URL" in away.output) == (1, True)


@pytest.mark.stack
async def test_a_role_that_may_make_no_tables_fails(new_database: Callable[..., str], run_prefix: str) -> None:
    url, role = new_database(), f"reads_{run_prefix[:-1]}"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(sql.SQL("create role {} login password 'pw'").format(sql.Identifier(role)))
        await connection.execute("revoke create on schema public from public")
    poor = postgres_settings(f"postgresql://{role}:pw@{url.rpartition('@')[2]}")
    with pytest.raises(Unusable, match="may not make tables"):
        await doctor.postgres(poor.database_url.get_secret_value())
