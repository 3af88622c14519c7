"""compose.yaml against the tree: nothing here has an engine to run it."""

import ast
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import jsonschema
import pytest
import yaml
from cryptography import x509

from deploy.compose import prepare
from deploy.edge.__main__ import main as edge
from deploy.local.bootstrap import ROOT
from deploy.local.environment import known_names
from deploy.local.installation import SERVICES
from deploy.local.stripe.__main__ import serve as stripe
from tests.deploy.dockerfiles import NAMES

STORES = {"postgres": 5432, "mongo": 27017, "valkey": 6379, "kafka": 9092, "mail": 1025, "traces": 4317, "stripe": 8121}
"""Hosts that settings name, and the port at which each image serves."""
PORTS = {"public": 8501, "internal": 8502, "metrics": 8503}


@cache
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return content


SERVICE_NAMES = tuple(compose()["services"])
ONCE = tuple(name for name in SERVICE_NAMES if compose()["services"][name].get("restart") == "no")
OWN = tuple(name for name in SERVICE_NAMES if "${REGISTRY" in compose()["services"][name]["image"])


def part(name: str) -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"][name]
    return found


def with_defaults(text: str) -> str:
    """As Compose fills in variables where nobody sets them; what has no default stays as it is."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def command(name: str) -> list[str]:
    """The program and its arguments, without the shell that reads the secrets."""
    given = [with_defaults(each) for each in part(name)["command"]]
    if given[:2] == ["sh", "-c"]:
        given = shlex.split(given[2].rpartition("exec ")[2])
    return given


def test_it_follows_the_schema_of_compose() -> None:
    schema = json.loads((files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json").read_text())
    jsonschema.Draft7Validator(schema).validate(compose())


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_whatever_a_part_waits_for_can_come_true(name: str) -> None:
    for other, how in part(name).get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "healthcheck" in part(other), f"{name} waits for the health of {other}, which has none"
        else:
            assert how["condition"] == "service_completed_successfully"
            assert other in ONCE, f"{name} waits for the end of {other}, which goes on"


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_volumes_are_declared_and_folders_are_there(name: str) -> None:
    for mount in part(name).get("volumes", []):
        source = mount.partition(":")[0]
        assert (ROOT / source).is_dir() if source.startswith(".") else source in compose()["volumes"], mount


def test_no_volume_is_idle() -> None:
    used = {mount.partition(":")[0] for name in SERVICE_NAMES for mount in part(name).get("volumes", [])}
    assert not set(compose()["volumes"]) - used


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_images_are_ours_or_named_by_a_version(name: str) -> None:
    image = with_defaults(part(name)["image"])
    place, _, tag = image.rpartition(":")
    if name in OWN:
        assert image.startswith("ghcr.io/shopmesh/")
        assert place.rpartition("/")[2] in NAMES
    else:
        assert re.search(r"\d", tag), f"{image} names no version"


@pytest.mark.parametrize("name", OWN)
def test_our_programs_have_no_rights_that_they_do_not_need(name: str) -> None:
    if name == "prepare":
        assert part(name)["network_mode"] == "none", "it is root, to give each folder to its user"
    else:
        assert part(name)["read_only"] is True
        assert part(name)["cap_drop"] == ["ALL"]
        assert "user" not in part(name)


@pytest.mark.parametrize("name", OWN)
def test_commands_name_modules_that_are_there(name: str) -> None:
    given = command(name)
    if given[0] == "python":
        assert given[1] == "-m"
        assert importlib.util.find_spec(given[2]), given[2]
    else:
        assert given[:3] == ["envoy", "-c", "/config/envoy.yaml"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_migrated_then_served_by_its_own_module(name: str) -> None:
    assert command(f"migrate-{name}") == ["python", "-m", f"services.{name}", "migrate"]
    assert command(name) == ["python", "-m", f"services.{name}", "serve"]
    assert part(name)["depends_on"][f"migrate-{name}"] == {"condition": "service_completed_successfully"}
    assert part(name).get("environment") == part(f"migrate-{name}").get("environment")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_with_the_settings_that_it_is_given(name: str, made: Path) -> None:
    given = environment(name, made)
    unknown = {each for each in given if each.startswith("SHOPMESH_")} - known_names(name)
    assert not unknown, "the service would refuse to start"
    program = (
        f"from services.chassis.settings import load; from services.{name}.settings import Settings; load(Settings)"
    )
    environ = {"PATH": os.environ["PATH"], **given}
    finished = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_addresses_in_settings_are_of_parts_that_are_there(name: str, made: Path) -> None:
    given = environment(name, made)
    for kind, port in PORTS.items():
        assert given[f"SHOPMESH_{kind.upper()}_LISTEN"] == f"0.0.0.0:{port}"
    for other in SERVICES:
        assert given[f"SHOPMESH_{other.upper()}_TARGET"] == f"dns:///{other}:{PORTS['internal']}"
    servers = {value for key, value in given.items() if "_LISTEN" not in key and "_TARGET" not in key}
    named = [urlsplit(value if "://" in value else f"//{value}") for value in servers if re.search(r"[a-z]:\d+", value)]
    assert named
    for address in named:
        assert (address.hostname, address.port) in STORES.items()
        assert address.hostname in SERVICE_NAMES


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_the_stores_that_its_settings_name(name: str, made: Path) -> None:
    text = " ".join(environment(name, made).values())
    stores = {store for store in ("postgres", "mongo", "valkey", "kafka") if re.search(rf"\b{store}:\d", text)}
    waits = set(part(f"migrate-{name}")["depends_on"]) - {"prepare"}
    assert waits == {each for each in stores if each != "kafka"} | {"kafka"}


def test_each_part_mounts_its_own_secrets_and_nobody_elses() -> None:
    for name in SERVICE_NAMES:
        mine = {mount.partition(":")[0] for mount in part(name).get("volumes", [])}
        secret = {each for each in mine if each.endswith("-secrets")}
        if name != "prepare":
            assert secret <= {f"{name.removeprefix('migrate-')}-secrets"}
            assert "own" not in mine, "it holds the authority's key"


def test_secrets_are_made_for_every_part_that_mounts_some(made: Path) -> None:
    mounts = dict(mount.split(":")[:2] for mount in part("prepare")["volumes"] if not mount.startswith("."))
    for volume, place in mounts.items():
        folder = made / Path(place).name
        assert folder.is_dir()
        if volume.endswith("-secrets"):
            assert list(folder.iterdir()), f"{volume} stays empty"


@pytest.mark.parametrize("name", [*SERVICES, "stripe"])
def test_files_that_are_read_from_secrets_are_made(name: str, made: Path) -> None:
    text = yaml.safe_dump([part(name).get("environment", {}), part(name)["command"]])
    named = set(re.findall(r"/secrets/([\w.]+)", text))
    assert "env" in named
    assert named <= {path.name for path in (made / name).iterdir()}


@pytest.mark.parametrize("name", ["postgres", "mongo", "valkey"])
def test_files_that_stores_read_are_made(name: str, made: Path) -> None:
    named = set(re.findall(r"/(?:secrets|docker-entrypoint-initdb\.d)/([\w.]+)", yaml.safe_dump(part(name))))
    assert named == {"password"}
    assert (made / name / "password").read_text()


def test_each_database_of_an_address_is_made_with_its_role(made: Path) -> None:
    statements = (made / "postgres" / "databases.sql").read_text()
    for name in prepare.WITH_DATABASE:
        address = urlsplit(environment(name, made)["SHOPMESH_DATABASE_URL"])
        assert f"CREATE ROLE {address.username} LOGIN PASSWORD '{address.password}'" in statements
        assert f"CREATE DATABASE {address.path[1:]} OWNER {address.username};" in statements


def test_a_certificate_names_its_service(made: Path) -> None:
    for name in SERVICES:
        certificate = x509.load_pem_x509_certificate((made / name / "tls.crt").read_bytes())
        assert [each.value for each in certificate.subject] == [name]
        assert not list((made / name).glob("ca*key*")), "only prepare has the authority's key"


def test_what_was_made_stays_when_it_is_made_again(tmp_path: Path) -> None:
    make(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    make(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_edge_is_rendered_for_the_services_of_this_file() -> None:
    given = command("render-edge")
    context = edge.make_context("edge", given[3:], resilient_parsing=False)
    with context:
        render = edge.commands["render"].make_context("render", given[4:], resilient_parsing=True)
    options = render.params
    assert options["clusters"] == {name: f"{name}:{PORTS['public']}" for name in SERVICES}
    host, _, port = options["otlp"].partition(":")
    assert (host, int(port)) in STORES.items()
    _, _, public = options["listen"].rpartition(":")
    assert ports("edge") == [public]
    assert options["admin"].partition(":")[0] == "127.0.0.1"
    assert f"http://{options['admin']}/ready" in part("edge")["healthcheck"]["test"][-1]
    known = {name for each in edge.commands["render"].params for name in each.opts}
    assert {each.partition("=")[0] for each in given[4:]} <= known


def test_the_edges_files_are_written_where_envoy_reads_them() -> None:
    assert part("render-edge")["volumes"] == ["edge-files:/config"]
    assert part("edge")["volumes"] == ["edge-files:/config:ro"]
    assert "--out=/config" in command("render-edge")


def test_the_stand_in_knows_each_of_its_variables(made: Path) -> None:
    known = {each.envvar for each in stripe.params if isinstance(each, click.Option)}
    given = {**part("stripe")["environment"], **secrets(made / "stripe")}
    assert set(given) <= known
    assert ports("stripe") == [given["STRIPE_STANDIN_LISTEN"].partition(":")[2]]
    assert given["STRIPE_STANDIN_WEBHOOK_URL"] == "http://edge:8080/webhooks/stripe"
    assert given["STRIPE_STANDIN_WEBHOOK_SECRET"] == secrets(made / "payment")["STRIPE_WEBHOOK_SECRETS"]


@pytest.mark.parametrize("name", OWN)
def test_checks_of_health_are_sound_python(name: str) -> None:
    check = part(name).get("healthcheck")
    if check is not None:
        assert check["test"][:3] == ["CMD", "python", "-c"]
        ast.parse(check["test"][3])


def test_only_the_edge_is_published_beyond_this_machine() -> None:
    open_to_all = {name for name in SERVICE_NAMES for each in part(name).get("ports", []) if "127.0.0.1" not in each}
    assert open_to_all == {"edge"}


def test_no_secret_stands_in_the_file() -> None:
    secret = re.compile(r"PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL|VALKEY_URL|MONGODB_URI")
    for name in SERVICE_NAMES:
        given = part(name).get("environment", {})
        assert not [key for key in given if secret.search(key) and not key.endswith("_FILE")]


def test_every_variable_has_a_default_and_stands_in_the_guide() -> None:
    text = (ROOT / "compose.yaml").read_text()
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert asked == set(re.findall(r"(?<!\$)\$\{(\w+):-", text))
    guide = (ROOT / "docs" / "compose.md").read_text()
    assert asked == set(re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE))


def ports(name: str) -> list[str]:
    """Ports inside the container that are published."""
    return [each.rpartition(":")[2] for each in part(name)["ports"]]


def secrets(folder: Path) -> dict[str, str]:
    """What a shell reads from the part's `env`."""
    return dict(shlex.split(line)[0].split("=", 1) for line in (folder / "env").read_text().splitlines())


def environment(name: str, made: Path) -> dict[str, str]:
    """All variables of a service, the plain and the secret ones."""
    plain = {key: with_defaults(str(value)) for key, value in part(name)["environment"].items()}
    return {**plain, **secrets(made / name)}


def make(folder: Path) -> None:
    prepare.main(["--out", str(folder)], standalone_mode=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders that the one-shot service fills."""
    folder = tmp_path_factory.mktemp("made")
    make(folder)
    return folder
