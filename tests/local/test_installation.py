"""Ports, settings and secrets of a stack."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import addresses
from deploy.local.components import COMPONENTS
from deploy.local.credentials import Credentials
from deploy.local.errors import StackError
from deploy.local.installation import Installation, of_development, of_tests, read_overrides, read_ports


def test_every_port_is_different_and_so_are_the_test_stacks() -> None:
    ports = [*read_ports(0, test=False).values(), *read_ports(0, test=True).values()]
    assert len(ports) == len(set(ports))


def test_an_offset_moves_every_port_alike() -> None:
    assert read_ports(1000, test=False) == {name: port + 1000 for name, port in read_ports(0, test=False).items()}


def test_every_part_has_its_ports_in_the_file() -> None:
    assert {port for part in COMPONENTS for port in part.ports} <= read_ports(0, test=False).keys()


def test_the_environment_wins_over_dotenv_and_empty_values_count_as_not_set(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("SHOPMESH_CURRENCY=EUR\nSMTP_URL=smtp://mail:25\nMONGODB_URI=\nEDITOR=vi\n")
    assert read_overrides(dotenv, {"SHOPMESH_CURRENCY": "CHF", "HOME": "/"}) == {
        "SHOPMESH_CURRENCY": "CHF",
        "SMTP_URL": "smtp://mail:25",
    }


@pytest.mark.parametrize("offset", ["much", "-5", "60000", "1.5"])
def test_an_offset_that_is_none_is_refused(offset: str) -> None:
    with pytest.raises(StackError, match="SHOPMESH_PORT_OFFSET"):
        of_development({"SHOPMESH_PORT_OFFSET": offset})


def test_where_the_cache_is_only_the_environment_says(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SHOPMESH_CACHE=/from/dotenv\n")
    assert read_overrides(tmp_path / "none", {"SHOPMESH_CACHE": "/from/environment"}) == {}
    assert read_overrides(tmp_path / ".env", {}) == {"SHOPMESH_CACHE": "/from/dotenv"}, "to be refused as unknown"


def test_the_two_stacks_share_neither_folder_nor_port() -> None:
    ours, theirs = of_development({}), of_tests({})
    assert ours.state != theirs.state
    assert not set(ours.ports.values()) & set(theirs.ports.values())


def test_a_part_whose_address_is_set_is_not_started(installation: Installation) -> None:
    elsewhere = replace(installation, overrides={"MONGODB_URI": "mongodb://db.example/shop", "STRIPE_API_KEY": "sk"})
    assert [part.name for part in COMPONENTS if part.replaced(elsewhere)] == ["mongo"]
    assert addresses.mongo(elsewhere) == "mongodb://db.example/shop"


@pytest.mark.parametrize("address", ["http://collector.example:4317/", "http://collector.example"])
def test_a_collectors_address_is_read_as_a_url(installation: Installation, address: str) -> None:
    elsewhere = replace(installation, overrides={"OTEL_EXPORTER_OTLP_ENDPOINT": address})
    assert addresses.otlp_collector(elsewhere) == "collector.example:4317"


def test_secrets_are_made_once_and_for_their_owner_alone(installation: Installation) -> None:
    first = Credentials(installation).get("postgres")
    assert Credentials(installation).get("postgres") == first
    assert Credentials(installation).get("other") != first
    assert stat.S_IMODE((installation.state / "secrets.json").stat().st_mode) == 0o600
