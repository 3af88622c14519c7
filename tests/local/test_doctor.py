"""What the doctor finds without a single server, and on real ones with too few rights."""

from dataclasses import replace

import psycopg
import pytest
import redis
from confluent_kafka.admin import AdminClient
from psycopg import sql

from deploy.local import addresses, doctor, probes
from deploy.local.components import COMPONENTS
from deploy.local.doctor import Verdict
from deploy.local.errors import StackError
from deploy.local.installation import Installation
from deploy.local.stack import Stack

NOWHERE = "127.0.0.1:1"
STRIPE = {"STRIPE_API_KEY": "pk_test_1", "STRIPE_PUBLISHABLE_KEY": "pk_test_1", "STRIPE_WEBHOOK_SECRETS": "whsec_1"}


def finding(installation: Installation, part: str, **overrides: str) -> doctor.Finding:
    elsewhere = replace(installation, overrides=overrides)
    component = next(each for each in COMPONENTS if each.name == part)
    return doctor.ask(component, probes.PROBES[part], elsewhere)


@pytest.mark.parametrize(
    ("part", "setting", "address"),
    [
        ("postgres", "POSTGRES_URL", f"postgresql://shop:secret@{NOWHERE}/postgres"),
        ("valkey", "VALKEY_URL", f"redis://{NOWHERE}/0"),
        ("mail", "SMTP_URL", f"smtp://{NOWHERE}"),
    ],
)
def test_a_server_that_does_not_answer_fails_and_its_setting_is_named(
    installation: Installation, part: str, setting: str, address: str
) -> None:
    found = finding(installation, part, **{setting: address})
    assert found.verdict is Verdict.FAIL
    assert setting in found.text
    assert "secret" not in found.text


def test_a_publishable_key_in_the_place_of_the_secret_one_fails(installation: Installation) -> None:
    found = finding(installation, "stripe", **STRIPE)
    assert (found.verdict, found.text[:14]) == (Verdict.FAIL, "STRIPE_API_KEY")


def test_what_can_be_seen_in_the_settings_alone_fails(installation: Installation) -> None:
    slip = replace(installation, overrides={"SHOPMESH_CURENCY": "EUR"})
    (found,) = doctor.settings(slip)
    assert (found.subject, found.verdict) == ("SHOPMESH_CURENCY", Verdict.FAIL)


def test_a_finding_is_one_line(installation: Installation) -> None:
    found = finding(installation, "postgres", POSTGRES_URL=f"postgresql://{NOWHERE}/postgres")
    assert "\n" not in found.text


def test_a_stack_that_is_down_is_a_warning_not_a_failure(installation: Installation) -> None:
    findings = list(doctor.servers(Stack(installation)))
    assert {each.verdict for each in findings} == {Verdict.WARN}
    assert all("make up" in each.text for each in findings)


@pytest.fixture(scope="module")
def stores(stack: Stack) -> Stack:
    """Every server that the doctor asks and an owner may replace."""
    stack.up(only={"postgres", "kafka", "mongo", "valkey", "mail"})
    return stack


@pytest.mark.stack
@pytest.mark.parametrize("part", ["postgres", "kafka", "mongo", "valkey", "mail"])
def test_the_stacks_own_servers_are_well(stores: Stack, part: str) -> None:
    found = finding(stores.installation, part)
    assert found.verdict is Verdict.OK, found.text


@pytest.mark.stack
def test_a_look_at_kafka_leaves_no_topic_behind(stores: Stack) -> None:
    finding(stores.installation, "kafka")
    topics = AdminClient({"bootstrap.servers": stores.address("kafka")}).list_topics(timeout=5).topics
    assert not [name for name in topics if "doctor" in name]


@pytest.mark.stack
@pytest.mark.parametrize(
    ("part", "setting", "address"),
    [
        ("kafka", "SHOPMESH_KAFKA_BOOTSTRAP_SERVERS", NOWHERE),
        ("mongo", "MONGODB_URI", f"mongodb://shop:secret@{NOWHERE}"),
    ],
)
def test_a_server_that_is_waited_for_and_does_not_answer_fails(
    installation: Installation, part: str, setting: str, address: str
) -> None:
    """As above; these two take seconds to give up."""
    found = finding(installation, part, **{setting: address})
    assert (found.verdict, "secret" in found.text) == (Verdict.FAIL, False)
    assert setting[:14] in found.text


@pytest.mark.stack
def test_a_role_that_may_not_make_databases_fails_and_a_wrong_password_too(stores: Stack, run_prefix: str) -> None:
    role, server = f"poor_{run_prefix[:-1]}", addresses.postgres(stores.installation)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login password 'pw'").format(sql.Identifier(role)))
    place = server.rpartition("@")[2]
    poor = finding(stores.installation, "postgres", POSTGRES_URL=f"postgresql://{role}:pw@{place}")
    assert (poor.verdict, "CREATEDB" in poor.text) == (Verdict.FAIL, True)
    wrong = finding(stores.installation, "postgres", POSTGRES_URL=f"postgresql://{role}:guess@{place}")
    assert (wrong.verdict, "password authentication failed" in wrong.text) == (Verdict.FAIL, True)


@pytest.mark.stack
def test_a_user_of_valkey_who_may_only_read_fails(stores: Stack, run_prefix: str) -> None:
    user, place = f"reader{run_prefix[:-1]}", stores.address("valkey")
    with redis.Redis.from_url(f"redis://{place}/0") as client:
        client.acl_setuser(user, enabled=True, passwords=["+pw"], keys=["*"], categories=["+@read"], commands=["+info"])
    found = finding(stores.installation, "valkey", VALKEY_URL=f"redis://{user}:pw@{place}/0")
    assert (found.verdict, "cart runs scripts" in found.text) == (Verdict.FAIL, True)


@pytest.mark.stack
def test_a_mail_server_that_takes_no_log_in_fails_where_one_is_set(stores: Stack) -> None:
    found = finding(stores.installation, "mail", SMTP_URL=f"smtp://me:pw@{stores.address('smtp')}")
    assert (found.verdict, "SMTP_URL" in found.text) == (Verdict.FAIL, True)


@pytest.mark.stack
def test_up_refuses_a_server_of_the_owners_that_will_not_do_before_anything_starts(installation: Installation) -> None:
    stack = Stack(replace(installation, overrides={"POSTGRES_URL": f"postgresql://shop:secret@{NOWHERE}/postgres"}))
    with pytest.raises(StackError, match="your own postgres can't be used"):
        stack.up()
    assert not stack.supervisor.alive()


def test_the_report_is_a_table_with_one_row_per_finding() -> None:
    findings = [doctor.Finding("kafka", Verdict.OK, "1 broker"), doctor.Finding("ports", Verdict.FAIL, "8080 is taken")]
    assert doctor.report(findings).splitlines()[1:] == ["ok    kafka  1 broker", "FAIL  ports  8080 is taken"]
