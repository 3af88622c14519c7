"""compose.yaml against the tree: nothing here has an engine to run it."""

import ast
import importlib.util
import json
import re
from importlib.resources import files

import jsonschema
import pytest

from deploy.edge.__main__ import main as edge
from deploy.local.bootstrap import ROOT
from deploy.local.installation import SERVICES
from tests.deploy.composed import ONCE, OWN, PORTS, SERVICE_NAMES, STORES, command, compose, part, ports, with_defaults
from tests.deploy.dockerfiles import NAMES, Dockerfile, imports, is_locked


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


def test_what_prepare_imports_is_mounted_or_in_its_image() -> None:
    _, _, module = command("prepare")[:3]
    program = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    mounted = {ROOT / mount.split(":")[0] for mount in part("prepare")["volumes"] if mount.startswith("./")}
    image = Dockerfile(with_defaults(part("prepare")["image"]).rpartition(":")[0].rpartition("/")[2])
    own, foreign = imports(program, ("deploy", "services", "ops", "buf", "shopmesh"))
    assert not [file for file in own if not mounted & set(file.parents) and not image.holds(file)]
    assert not [name for name in foreign if not is_locked(name, "requirements/runtime.lock")]


def test_the_code_that_is_mounted_lies_where_the_image_looks_for_it() -> None:
    (mount,) = [mount for mount in part("prepare")["volumes"] if mount.startswith("./")]
    assert mount == "./deploy:/app/deploy:ro"
    (places,) = re.findall(r"PYTHONPATH=(\S+)", " ".join(Dockerfile("services").of_image("ENV")))
    assert "/app" in places.split(":")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_migrated_then_served_by_its_own_module(name: str) -> None:
    assert command(f"migrate-{name}") == ["python", "-m", f"services.{name}", "migrate"]
    assert command(name) == ["python", "-m", f"services.{name}", "serve"]
    assert part(name)["depends_on"][f"migrate-{name}"] == {"condition": "service_completed_successfully"}
    assert part(name).get("environment") == part(f"migrate-{name}").get("environment")


def test_each_part_mounts_its_own_secrets_and_nobody_elses() -> None:
    for name in SERVICE_NAMES:
        mine = {mount.partition(":")[0] for mount in part(name).get("volumes", [])}
        secret = {each for each in mine if each.endswith("-secrets")}
        if name != "prepare":
            assert secret <= {f"{name.removeprefix('migrate-')}-secrets"}
            assert "own" not in mine, "it holds the authority's key"


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
