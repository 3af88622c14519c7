"""What compose.yaml gives the shop's parts to read: settings, secrets, certificates."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
import yaml
from cryptography import x509

from deploy.compose import prepare
from deploy.local.environment import known_names
from deploy.local.installation import SERVICES
from deploy.local.stripe.__main__ import serve as stripe
from tests.deploy.composed import PORTS, SERVICE_NAMES, STORES, part, ports, with_defaults


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


def test_the_stand_in_knows_each_of_its_variables(made: Path) -> None:
    known = {each.envvar for each in stripe.params if isinstance(each, click.Option)}
    given = {**part("stripe")["environment"], **secrets(made / "stripe")}
    assert set(given) <= known
    assert ports("stripe") == [given["STRIPE_STANDIN_LISTEN"].partition(":")[2]]
    assert given["STRIPE_STANDIN_WEBHOOK_URL"] == "http://edge:8080/webhooks/stripe"
    assert given["STRIPE_STANDIN_WEBHOOK_SECRET"] == secrets(made / "payment")["STRIPE_WEBHOOK_SECRETS"]


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
