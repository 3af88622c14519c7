"""The rendered files: routes are exactly the public methods, and Envoy accepts them."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from pydantic import ValidationError

from deploy.edge.__main__ import main
from deploy.edge.contracts import ROOT, Contracts
from deploy.edge.render import UnknownMethodError, render
from deploy.edge.routes import MARGIN_MS
from deploy.edge.settings import SERVICES, EdgeSettings, Limit, RateLimits

CLUSTERS = {name: f"127.0.0.1:{port}" for port, name in enumerate(SERVICES, 7001)}
PACKAGES = {"annotated_types", "click", "deploy", "google", "pydantic", "pydantic_core", "typing_extensions", "yaml"}
PACKAGES |= {"typing_inspection"}
DOCUMENTS = {"/openapi.json", "/docs", "/healthz"}


def rendered(folder: Path, descriptor_set: bytes, **settings: Any) -> dict[str, Any]:
    """The resources of lds.yaml and cds.yaml by name."""
    render(EdgeSettings(clusters=CLUSTERS, **settings), descriptor_set, folder)
    files = [yaml.load((folder / name).read_text(), yaml.CSafeLoader) for name in ("cds.yaml", "lds.yaml")]
    return {resource["name"]: resource for file in files for resource in file["resources"]}


def manager_of(listener: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return config


def routes_of(listener: dict[str, Any]) -> list[dict[str, Any]]:
    routes: list[dict[str, Any]] = manager_of(listener)["route_config"]["virtual_hosts"][0]["routes"]
    return routes


def test_routes_are_exactly_the_public_methods(tmp_path: Path, descriptor_set: bytes, contracts: Contracts) -> None:
    *listed, last = routes_of(rendered(tmp_path, descriptor_set)["public"])
    paths = [route["match"]["path"] for route in listed]
    assert set(paths) - DOCUMENTS == {method.path for method in contracts.public_methods}
    assert len(paths) == len(set(paths))
    assert last["match"] == {"prefix": "/"}
    assert last["route"]["cluster"] == "nowhere"


def test_each_route_keeps_its_methods_rules(tmp_path: Path, descriptor_set: bytes, contracts: Contracts) -> None:
    routes = {route["match"].get("path"): route for route in routes_of(rendered(tmp_path, descriptor_set)["public"])}
    for method in contracts.public_methods:
        route = routes[method.path]
        assert route["route"]["cluster"] == method.service.split(".")[1]
        requirement = route["typed_per_filter_config"]["envoy.filters.http.jwt_authn"]["requirement_name"]
        open_to_guests = bool({"PUBLIC", "OWNER"} & set(method.access))
        assert requirement == ("token-optional" if open_to_guests else "token-required")
        if method.deadline_ms:
            assert route["route"]["timeout"] == f"{(method.deadline_ms + MARGIN_MS) / 1000:g}s"
        else:
            assert (route["route"]["timeout"], "max_stream_duration" in route["route"]) == ("0s", True)
        assert ("priority" in route["route"]) == method.streams


def test_clusters_are_the_services_public_ports(tmp_path: Path, descriptor_set: bytes) -> None:
    resources = rendered(tmp_path, descriptor_set, otlp="collector:4317")
    for name, address in CLUSTERS.items():
        endpoint = resources[name]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
        assert str(endpoint["address"]["socket_address"]["port_value"]) == address.split(":")[1]
    assert resources["otlp-collector"]["type"] == "STRICT_DNS"
    assert "nowhere" not in resources


def test_the_keys_are_read_over_loopback_alone(tmp_path: Path, descriptor_set: bytes) -> None:
    resources = rendered(tmp_path, descriptor_set, listen="0.0.0.0:8080", metrics="0.0.0.0:8082", jwks_port=7999)
    endpoint = resources["edge-jwks"]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    loopback = {"socket_address": {"address": "127.0.0.1", "port_value": 7999}}
    assert (resources["jwks"]["address"], endpoint["address"]) == (loopback, loopback)
    assert resources["jwks"]["ignore_global_conn_limit"]


def test_an_address_that_a_name_no_longer_has_is_left_at_once(tmp_path: Path, descriptor_set: bytes) -> None:
    """However healthy: in a cluster it may be another service's by now."""
    resources = rendered(tmp_path, descriptor_set)
    assert all(resources[name]["ignore_health_on_host_removal"] for name in SERVICES)


def test_the_edge_sends_again_only_what_reached_nobody(tmp_path: Path, descriptor_set: bytes) -> None:
    public = rendered(tmp_path, descriptor_set)["public"]
    host = manager_of(public)["route_config"]["virtual_hosts"][0]
    assert host["retry_policy"]["retry_on"] == "connect-failure,refused-stream"
    assert host["retry_policy"]["num_retries"] == 2
    assert [each["name"] for each in host["retry_policy"]["retry_host_predicate"]] == [
        "envoy.retry_host_predicates.previous_hosts"
    ]
    assert not any("retry_policy" in route.get("route", {}) for route in routes_of(public))


def test_the_place_is_in_the_settings_alone(tmp_path: Path, descriptor_set: bytes) -> None:
    """Listeners of two places differ in nothing but what the settings say."""
    here, there = tmp_path / "here", tmp_path / "there"
    render(EdgeSettings(clusters=CLUSTERS, directory="/etc/envoy"), descriptor_set, here)
    moved = {name: f"{name}.shop.svc:50051" for name in CLUSTERS}
    render(EdgeSettings(clusters=moved, directory="/etc/envoy"), descriptor_set, there)
    assert (here / "lds.yaml").read_text() == (there / "lds.yaml").read_text()
    assert str(tmp_path) not in (here / "lds.yaml").read_text()


def test_rendering_again_changes_nothing(tmp_path: Path, descriptor_set: bytes) -> None:
    rendered(tmp_path, descriptor_set)
    before = {path.name: (path.stat().st_ino, path.read_bytes()) for path in tmp_path.iterdir()}
    rendered(tmp_path, descriptor_set)
    assert {path.name: (path.stat().st_ino, path.read_bytes()) for path in tmp_path.iterdir()} == before


def test_wrong_settings_are_named(tmp_path: Path, descriptor_set: bytes) -> None:
    with pytest.raises(ValidationError, match="clusters must name cart, catalog, notify, order, payment too"):
        EdgeSettings(clusters={"auth": "127.0.0.1:1"})
    with pytest.raises(ValidationError, match="must be host:port"):
        EdgeSettings(clusters={**CLUSTERS, "auth": "127.0.0.1"})
    limits = RateLimits(methods={"shopmesh.auth.v1.AuthService/Nothing": Limit(requests=1)})
    with pytest.raises(UnknownMethodError, match="AuthService/Nothing"):
        render(EdgeSettings(clusters=CLUSTERS, rate_limits=limits), descriptor_set, tmp_path)


def test_the_command_line_puts_options_over_the_file(tmp_path: Path, descriptor_set: bytes) -> None:
    file, descriptors = tmp_path / "edge.toml", tmp_path / "set.binpb"
    clusters = "\n".join(f'{name} = "{address}"' for name, address in CLUSTERS.items())
    file.write_text(
        f'issuer = "there"\naudience = "here"\n[clusters]\n{clusters}\n[rate_limits.default]\nrequests = 9\n'
    )
    assert tomllib.loads(file.read_text())["issuer"] == "there"
    descriptors.write_bytes(descriptor_set)
    options = ["--out", str(tmp_path / "out"), "--config", str(file), "--descriptors", str(descriptors)]
    result = CliRunner().invoke(main, ["render", *options, "--issuer", "elsewhere", "--cluster", "cart=10.0.0.1:1"])
    assert result.exit_code == 0, result.output
    listeners, cds = ((tmp_path / "out" / name).read_text() for name in ("lds.yaml", "cds.yaml"))
    assert "issuer: elsewhere" in listeners
    assert "max_tokens: 9" in listeners
    assert "10.0.0.1" in cds


def test_with_descriptors_it_needs_no_tools_and_few_packages(tmp_path: Path, descriptor_set: bytes) -> None:
    """As in the edge's image, where neither buf nor what the services or tests need is installed."""
    descriptors = tmp_path / "set.binpb"
    descriptors.write_bytes(descriptor_set)
    clusters = [part for name, address in CLUSTERS.items() for part in ("--cluster", f"{name}={address}")]
    arguments = ["render", "--out", str(tmp_path), "--descriptors", str(descriptors), *clusters]
    script = (
        "import atexit, sys; before = set(sys.modules); from deploy.edge.__main__ import main;"
        "atexit.register(lambda: print(*{name.partition('.')[0] for name, module in sys.modules.items()"
        " if name not in before and hasattr(module, '__spec__') and module.__spec__}));"
        f"main({arguments!r})"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script], env={"PATH": ""}, cwd=ROOT, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    found = {name for name in finished.stdout.split() if not name.startswith("_")}
    assert found - sys.stdlib_module_names <= PACKAGES


def test_the_command_line_says_what_is_wrong(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["render", "--out", str(tmp_path), "--cluster", "cart=10.0.0.1:1"])
    assert result.exit_code == 1
    assert "clusters must name auth, catalog, notify, order, payment too" in result.output


@pytest.mark.stack
def test_envoy_accepts_it_without_a_deprecation(tmp_path: Path, descriptor_set: bytes, envoy: str) -> None:
    """Envoy's validation does not follow files, so the resources are put where it looks."""
    resources = rendered(tmp_path, descriptor_set, otlp="127.0.0.1:4317", cors_origins=("*",))
    bootstrap = yaml.safe_load((tmp_path / "envoy.yaml").read_text())
    del bootstrap["dynamic_resources"]
    listeners = [item for item in resources.values() if "Listener" in item.pop("@type")]
    clusters = [item for item in resources.values() if item not in listeners]
    (tmp_path / "static.json").write_text(
        json.dumps({**bootstrap, "static_resources": {"listeners": listeners, "clusters": clusters}})
    )
    command = [envoy, "--mode", "validate", "-c", str(tmp_path / "static.json")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "eprecated" not in checked.stderr
