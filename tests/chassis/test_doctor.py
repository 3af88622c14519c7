"""What a service's ``doctor`` says of the servers that its settings name."""

import asyncio
import importlib
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from click.testing import CliRunner, Result
from confluent_kafka.admin import AdminClient
from psycopg import sql

import services
from deploy.local.installation import SERVICES
from deploy.local.stack import Stack
from services.chassis import doctor, look_kafka, look_postgres
from services.chassis.doctor import FAIL, OK, WARN, Away, Doubtful, Finding, Unusable
from services.chassis.look_kafka import Use
from services.chassis.preparing import doctor_command, migrate_command

NOWHERE = "127.0.0.1:1"
FOLDER = Path(services.__file__).parent
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


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PAUSE_SECONDS", 0.0)


async def test_each_server_is_asked_and_what_to_do_is_said_in_a_line() -> None:
    looks = {
        "one": answering("version 17"),
        "two": answering(Doubtful("drops carts\nwhen it is full")),
        "three": answering(Unusable("too old:\n  use a newer one")),
    }
    assert await doctor.examine(looks) == [
        Finding("one", OK, "version 17"),
        Finding("two", WARN, "drops carts when it is full"),
        Finding("three", FAIL, "too old: use a newer one"),
    ]


@pytest.mark.usefixtures("no_pause")
async def test_a_server_that_is_away_is_asked_again_while_there_is_time_and_that_is_said_once() -> None:
    said: list[str] = []
    slow = {"one": answering(Away("not yet"), Away("not yet"), "here"), "two": answering("there")}
    assert [each.verdict for each in await doctor.examine(slow, 30, said.append)] == [OK, OK]
    assert said == ["one: not yet"]
    assert [each.verdict for each in await doctor.examine({"one": answering(Away("no"), "here")})] == [FAIL]


@pytest.mark.usefixtures("no_pause")
async def test_nobody_waits_for_a_password_to_become_right() -> None:
    looks = {"one": answering(Unusable("wrong password"), "right"), "two": answering(Away("not yet"))}
    found = await asyncio.wait_for(doctor.examine(looks, wait_seconds=30), 5)
    assert [each.text for each in found] == ["wrong password", "not yet"]


@pytest.fixture(scope="module")
def stores(stack: Stack) -> Stack:
    """Every server that a service is told of."""
    stack.up(only={"postgres", "kafka", "mongo", "valkey", "mail", "stripe"})
    return stack


@pytest.fixture
def database(stores: Stack, new_database: Callable[..., str]) -> str:
    return new_database(None)


def asked(make: Callable[..., Any], service: str, *words: str, **settings: str) -> Result:
    """A command of a service of the test stack, some of its settings changed."""
    main = importlib.import_module(f"services.{service}.main")
    own = importlib.import_module(f"services.{service}.settings").Settings
    with patch.dict(os.environ, Stack.for_tests().environment(service) | settings):
        return CliRunner().invoke(make(own, main.assemble, FOLDER / service), words)


@pytest.mark.stack
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_of_this_stack_finds_all_its_servers_well(database: str, service: str) -> None:
    done = asked(doctor_command, service, "--json", SHOPMESH_DATABASE_URL=database)
    found = json.loads(done.output)
    assert (done.exit_code, found["well"]) == (0, True), done.output
    everybodys = ["kafka", "tls"] if service == "cart" else ["postgres", "kafka", "tls"]
    own = [OWN[service]] if service in OWN else []
    assert {each["server"]: each["verdict"] for each in found["findings"]} == dict.fromkeys(everybodys + own, OK)


@pytest.mark.stack
@pytest.mark.parametrize(
    ("service", "setting", "address", "server"),
    [
        ("auth", "SHOPMESH_DATABASE_URL", f"postgresql://shop:hidden@{NOWHERE}/auth", "postgres"),
        ("auth", "SHOPMESH_TLS_CERT_FILE", "/nowhere/tls.crt", "tls"),
        ("cart", "VALKEY_URL", f"redis://:hidden@{NOWHERE}/0", "valkey"),
        ("notify", "SMTP_URL", f"smtp://me:hidden@{NOWHERE}", "smtp"),
        ("order", "MONGODB_URI", f"mongodb://me:hidden@{NOWHERE}", "mongodb"),
        ("payment", "STRIPE_API_KEY", "pk_test_hidden", "stripe"),
        ("payment", "STRIPE_PUBLISHABLE_KEY", "pk_live_hidden", "stripe"),
        ("payment", "STRIPE_WEBHOOK_SECRETS", "", "stripe"),
        ("payment", "STRIPE_API_BASE", f"http://{NOWHERE}", "stripe"),
    ],
)
def test_a_server_that_will_not_do_ends_the_command_with_1_and_its_setting_is_named(
    database: str, service: str, setting: str, address: str, server: str
) -> None:
    done = asked(doctor_command, service, **{"SHOPMESH_DATABASE_URL": database, setting: address})
    (line,) = (each for each in done.output.splitlines() if each.startswith(FAIL))
    assert (done.exit_code, line.split()[1]) == (1, server)
    assert setting in line
    assert "hidden" not in line


def test_an_address_that_no_client_takes_is_refused_in_a_line() -> None:
    done = asked(doctor_command, "cart", VALKEY_URL="valkey-of-ours:6379")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "Error: wrong settings: Redis URL must specify one of" in done.output


@pytest.mark.stack
def test_migrate_with_doctor_changes_nothing_where_a_server_will_not_do(database: str) -> None:
    told = {"SHOPMESH_DATABASE_URL": database, "SMTP_URL": f"smtp://{NOWHERE}"}
    done = asked(migrate_command, "notify", "--doctor", "--wait", "--wait-seconds", "1", **told)
    assert done.exit_code == 1
    assert "waiting for smtp" in done.output
    assert "nothing was migrated" in done.output
    with psycopg.connect(database) as connection:
        assert connection.execute("select to_regclass('alembic_version')").fetchone() == (None,)


@pytest.mark.stack
def test_a_server_that_is_started_later_is_not_asked(database: str, run_prefix: str) -> None:
    told = {"SHOPMESH_DATABASE_URL": database, "SHOPMESH_PREFIX": run_prefix, "SMTP_URL": f"smtp://{NOWHERE}"}
    done = asked(migrate_command, "notify", "--doctor", "--without", "smtp", **told)
    assert done.exit_code == 0, done.output
    assert "smtp" not in done.output


@pytest.mark.stack
def test_migrate_with_doctor_migrates_where_all_is_well_and_may_be_repeated(database: str, run_prefix: str) -> None:
    told = {"SHOPMESH_DATABASE_URL": database, "SHOPMESH_PREFIX": run_prefix}
    for _ in range(2):
        done = asked(migrate_command, "notify", "--doctor", **told)
        assert (done.exit_code, done.output.splitlines()[-1]) == (0, "schema and topics are up to date"), done.output


@pytest.mark.stack
def test_a_restored_database_is_refused_other_topics_in_a_line_by_doctor_and_by_migrate(
    database: str, run_prefix: str
) -> None:
    told = {"SHOPMESH_DATABASE_URL": database, "SHOPMESH_PREFIX": run_prefix}
    assert asked(migrate_command, "notify", **told).exit_code == 0
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update chassis_state set topic_prefix = 'restored.'")
    for command, words in ((doctor_command, ()), (migrate_command, ("--doctor",)), (migrate_command, ())):
        done = asked(command, "notify", *words, **told)
        assert (done.exit_code, "set SHOPMESH_PREFIX" in done.output) == (1, True), done.output
        assert isinstance(done.exception, SystemExit)


@pytest.mark.stack
def test_migrate_says_in_a_line_that_the_database_is_away() -> None:
    done = asked(migrate_command, "auth", SHOPMESH_DATABASE_URL=f"postgresql://me:hidden@{NOWHERE}/auth")
    assert (done.exit_code, done.output.count("\n"), "hidden" in done.output) == (1, 1, False)


@pytest.mark.stack
def test_a_read_only_copy_is_asked_where_there_is_one(database: str) -> None:
    well = asked(doctor_command, "catalog", SHOPMESH_DATABASE_URL=database, SHOPMESH_DATABASE_READ_URL=database)
    assert (well.exit_code, "ok    postgres-copy" in well.output) == (0, True)
    away = f"postgresql://shop:secret@{NOWHERE}/catalog"
    done = asked(doctor_command, "catalog", SHOPMESH_DATABASE_URL=database, SHOPMESH_DATABASE_READ_URL=away)
    assert (done.exit_code, "check SHOPMESH_DATABASE_READ_URL" in done.output) == (1, True)


async def role(url: str, name: str, *statements: str) -> str:
    """The address of a new role in a database where it may do nothing but what the statements say."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(sql.SQL("create role {} login password 'pw'").format(sql.Identifier(name)))
        for statement in ("revoke create on schema public from public", *statements):
            await connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
    return f"postgresql://{name}:pw@{url.rpartition('@')[2]}"


@pytest.mark.stack
async def test_a_role_with_too_few_rights_is_refused_and_told_which(
    new_database: Callable[..., str], run_prefix: str
) -> None:
    url = new_database(None)
    poor = await role(url, f"tableless_{run_prefix[:-1]}", "create table other (n int)")
    with pytest.raises(Unusable, match="may not make tables"):
        await look_postgres.postgres(poor, False, "")
    with pytest.raises(Unusable, match="may not read other"):
        await look_postgres.postgres_copy(poor)
    guest = await role(url, f"guest_{run_prefix[:-1]}", "grant create on schema public to {}")
    with pytest.raises(Unusable, match="does not own other"):
        await look_postgres.postgres(guest, False, "")
    homeless = await role(url, f"homeless_{run_prefix[:-1]}", "alter role {} set search_path = nowhere")
    with pytest.raises(Unusable, match="no schema"):
        await look_postgres.postgres(homeless, False, "")


@pytest.mark.stack
async def test_what_may_come_is_told_from_what_will_not(new_database: Callable[..., str], run_prefix: str) -> None:
    url = new_database(None)
    place = url.rpartition("@")[2]
    with pytest.raises(Unusable, match="password authentication failed") as wrong:
        await look_postgres.postgres(f"{await role(url, f'known_{run_prefix[:-1]}')}?password=guess", False, "")
    with pytest.raises(Unusable, match="SSL") as plain:
        await look_postgres.postgres(f"{url}?sslmode=require", False, "")
    with pytest.raises(Away):
        await look_postgres.postgres(f"postgresql://me:pw@{NOWHERE}/{place.rpartition('/')[2]}", False, "")
    with pytest.raises(Away):
        await look_postgres.postgres("postgresql://me:pw@no-such-host.invalid/shop", False, "")
    assert not isinstance(wrong.value, Away)
    assert not isinstance(plain.value, Away)


async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, as_pooler: bool) -> None:
    """Passes bytes on; a pooler gives a client a process number of its own (message K, 12 bytes of content)."""
    while data := await reader.read(65536):
        at = data.find(b"K\x00\x00\x00\x0c") if as_pooler else -1
        if at >= 0:
            data = data[: at + 5] + b"\x00\x00\x00\x01" + data[at + 9 :]
        writer.write(data)
    writer.close()


@pytest.mark.stack
async def test_a_pooler_that_the_settings_do_not_speak_of_is_doubtful(new_database: Callable[..., str]) -> None:
    url = new_database(None)
    before, _, place = url.rpartition("@")
    address, _, name = place.partition("/")

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*address.rsplit(":", 1))
        await asyncio.gather(forward(reader, server_writer, False), forward(server_reader, writer, True))

    async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as pooler:
        pooled = f"{before}@127.0.0.1:{pooler.sockets[0].getsockname()[1]}/{name}?gssencmode=disable"
        with pytest.raises(Doubtful, match="SHOPMESH_DATABASE_PGBOUNCER=true"):
            await look_postgres.postgres(pooled, False, "")
        assert "may make tables" in await look_postgres.postgres(pooled, True, "")


def kafka_settings(address: str, **more: Any) -> Any:
    own = {"kafka_replication_factor": 1, "kafka_security_protocol": "PLAINTEXT"}
    return SimpleNamespace(kafka_client={"bootstrap.servers": address, **more.pop("client", {})}, **(own | more))


@pytest.mark.stack
def test_a_look_at_kafka_makes_nothing(kafka: str, run_prefix: str) -> None:
    prefix = f"{run_prefix}looked."
    look_kafka.kafka(kafka_settings(kafka), prefix, Use(("made",), ("read",), ("group",), "relay.own"))
    assert not [
        name for name in AdminClient({"bootstrap.servers": kafka}).list_topics(timeout=5).topics if prefix in name
    ]


@pytest.mark.stack
def test_more_replicas_than_brokers_are_said(kafka: str) -> None:
    with pytest.raises(Away, match=r"1 broker\(s\).*SHOPMESH_KAFKA_REPLICATION_FACTOR=3"):
        look_kafka.kafka(kafka_settings(kafka, kafka_replication_factor=3), "", Use())
