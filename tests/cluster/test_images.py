"""The images as they are built: small, the same each time, without a compiler, quick to start."""

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import grpc
import psycopg
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from deploy.cluster import images as builder
from deploy.cluster import machine
from deploy.cluster.places import of_checkout
from deploy.local import addresses
from deploy.local.bootstrap import ROOT
from deploy.local.certificates import Certificates
from deploy.local.components.kafka import free_ports
from deploy.local.databases import WITH_DATABASE
from deploy.local.environment import service_environment
from deploy.local.installation import SERVICES, Installation
from deploy.local.progress import Progress
from tests.cluster import images, unpacked
from tests.cluster.stores import Stores
from tests.cluster.unpacked import Image

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        bool(machine.missing()), reason=f"images are built as for a cluster of our own: {machine.missing()}"
    ),
]

MOST_BYTES = 350_000_000
READY_S = 2.0
TRIES = 3
"""Starts of which the quickest counts: here they share the cores with a cluster, a store, and whatever else runs."""
COMPILERS = ("gcc", "cc", "g++", "c++", "clang", "ld", "as", "make", "strip", "rustc", "go")
FILES = ("SHOPMESH_TLS_CA_FILE", "SHOPMESH_TLS_CERT_FILE", "SHOPMESH_TLS_KEY_FILE")


@dataclass(frozen=True)
class Unpacked:
    """An image and the folder that it lies in."""

    name: str
    image: Image
    root: Path
    size: int

    def run(self, *command: str, **more: str) -> str:
        return unpacked.run(self.root, self.image, command, more)


@pytest.fixture(scope="session")
def archive(archives: Future[list[Path]], progress: Progress) -> Path:
    """The images as the cluster of our own gets them."""
    archives.result()
    return images.ensure(of_checkout(), progress)


class Shelf:
    """Each image, unpacked when it is asked for the first time."""

    def __init__(self, archive: Path, progress: Progress, folder: Path) -> None:
        self._archive, self._progress, self._folder = archive, progress, folder
        self._made: dict[str, Unpacked] = {}

    def __getitem__(self, name: str) -> Unpacked:
        if name not in self._made:
            self._progress.say(f"unpacking the image {name}")
            image = Image(self._archive, images.name(name, images.FIRST))
            root = self._folder / name
            self._made[name] = Unpacked(name, image, root, image.unpack(root))
        return self._made[name]


@pytest.fixture(scope="module")
def shelf(archive: Path, progress: Progress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("images")
    yield Shelf(archive, progress, folder)
    shutil.rmtree(folder)


@pytest.fixture(params=images.IMAGES)
def one(shelf: Shelf, request: pytest.FixtureRequest) -> Unpacked:
    """Each image in turn."""
    return shelf[request.param]


def test_an_image_is_small(one: Unpacked, say: Callable[[str], None]) -> None:
    say(f"{one.name}: {one.size / 1e6:.0f} MB unpacked")
    assert one.size < MOST_BYTES


def test_no_image_has_a_compiler(one: Unpacked) -> None:
    folders = ("usr/bin", "usr/local/bin", "bin", "usr/sbin")
    found = [name for name in COMPILERS for folder in folders if (one.root / folder / name).exists()]
    assert not found


def test_an_image_runs_as_a_user_who_owns_nothing_in_it(one: Unpacked) -> None:
    assert one.image.config["config"]["User"] == "10001:10001"
    assert one.run("id", "-u").strip() == "10001"
    own = [path for path in one.root.rglob("*") if not path.is_symlink() and path.stat().st_uid == 10001]
    assert not [path for path in own if (one.root / "tmp") not in path.parents]


def test_our_code_cannot_be_changed_by_the_process_that_runs_it(one: Unpacked) -> None:
    writable = [path for path in (one.root / "app").rglob("*") if path.stat().st_mode & 0o022]
    assert not writable


def test_two_builds_from_two_checkouts_have_the_same_layers(
    archive: Path, full: bool, say: Callable[[str], None], tmp_path: Path
) -> None:
    """The second checkout has other times, and modes as under another umask."""
    checkout, place = tmp_path / "checkout", of_checkout()
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for file in filter(None, files.split("\0")):
        (checkout / file).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(ROOT / file, checkout / file)
        (checkout / file).chmod(0o600)
    for name in images.IMAGES if full else ("stripe",):
        again, saved = images.name(name, "again"), tmp_path / f"{name}.tar"
        recipe = str(checkout / images.RECIPES.relative_to(ROOT) / f"{name}.Dockerfile")
        builder.build(place, again, checkout, "--file", recipe, "--no-cache")
        builder.save(place, saved, again)
        first, second = Image(archive, images.name(name, images.FIRST)), Image(saved, again)
        assert first.layers == second.layers, f"{name} is another each time"
        say(f"{name}: {len(first.layers)} layers, the same twice")


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_in_the_image(shelf: Shelf, service: str) -> None:
    assert f"The {service} service" in shelf["services"].run("python", "-m", f"services.{service}", "--help")


def test_the_audit_is_in_the_image(shelf: Shelf) -> None:
    assert "Usage" in shelf["services"].run("python", "-m", "ops.audit", "--help")


def test_native_code_works_without_its_symbols(shelf: Shelf) -> None:
    program = (
        "import psycopg, uvloop, grpc, confluent_kafka, typst, argon2, cryptography.hazmat.bindings._rust, pydantic_core;"
        "assert psycopg.pq.__impl__ == 'binary'; import protovalidate, uuid_utils, yaml; yaml.CSafeLoader;"
        "argon2.PasswordHasher(time_cost=1, memory_cost=64).hash('x'); typst.compile(b'= x'); print('well')"
    )
    assert shelf["services"].run("python", "-c", program).strip() == "well"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_ready_within_two_seconds(
    shelf: Shelf, stores: Stores, service: str, full: bool, say: Callable[[str], None]
) -> None:
    """With all its parts, as it is served where nobody says otherwise."""
    if service != "catalog" and not full:
        pytest.skip("one service is started with every change, all of them are one of the full counts: --full")
    here, installation = shelf["services"], stores.installation
    Certificates(installation).renew()
    settings = alone(service, installation)
    settings |= {name: unpacked.copy_in(here.root, Path(settings[name])) for name in FILES}
    here.run("python", "-m", f"services.{service}", "migrate", **settings)
    listen = settings["SHOPMESH_PUBLIC_LISTEN"]
    host, _, port = listen.partition(":")

    def ready() -> bool:
        with socket.create_connection((host, int(port))):  # a channel that was refused once takes seconds to try again
            pass
        with grpc.insecure_channel(listen) as channel:
            answer = HealthStub(channel).Check(HealthCheckRequest(), timeout=1)
        return bool(answer.status == HealthCheckResponse.SERVING)

    took = quickest(here, ["python", "-m", f"services.{service}", "serve"], settings, ready)
    say(f"{service}: ready after {took:.2f} s")
    assert took < READY_S


def alone(service: str, installation: Installation) -> dict[str, str]:
    """Settings of a service that shares no data with the shop in the cluster: it would take over its relay and its groups."""
    settings = service_environment(service, installation) | {"SHOPMESH_PREFIX": "alone."}
    if service in WITH_DATABASE:
        server = addresses.postgres(installation)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create database alone_{service}")
        settings["SHOPMESH_DATABASE_URL"] = f"{server.rpartition('/')[0]}/alone_{service}"
    if service == "cart":
        settings["SHOPMESH_VALKEY_URL"] = f"{addresses.valkey(installation).rpartition('/')[0]}/1"
    if service == "order":
        settings["SHOPMESH_MONGODB_DATABASE"] = "alone"
    return settings


def test_the_stand_in_is_ready_within_two_seconds(shelf: Shelf, say: Callable[[str], None]) -> None:
    (port,) = free_ports(1)
    listen = f"127.0.0.1:{port}"
    command = ["python", "-m", "deploy.local.stripe", "serve", "--listen", listen, "--state-dir", "/tmp/state"]
    took = quickest(shelf["stripe"], command, {}, answers(f"http://{listen}/_control/health"))
    say(f"stand-in: ready after {took:.2f} s")
    assert took < READY_S


def test_the_edge_renders_and_is_ready_within_two_seconds(shelf: Shelf, say: Callable[[str], None]) -> None:
    public, admin, keys = free_ports(3)
    render = [
        "python",
        "-m",
        "deploy.edge",
        "render",
        "--out",
        "/tmp/config",
        "--descriptors",
        "/app/descriptors.binpb",
    ]
    render += ["--listen", f"127.0.0.1:{public}", "--admin", f"127.0.0.1:{admin}", "--jwks-port", str(keys)]
    render += [part for name in SERVICES for part in ("--cluster", f"{name}=127.0.0.1:9")]
    envoy = "envoy -c /tmp/config/envoy.yaml --disable-hot-restart --concurrency 1"
    command = ["sh", "-c", f"{' '.join(render)} && exec {envoy}"]
    took = quickest(shelf["edge"], command, {}, answers(f"http://127.0.0.1:{admin}/ready"))
    say(f"edge: ready after {took:.2f} s")
    assert took < READY_S


def answers(url: str) -> Callable[[], bool]:
    """Whether a GET is answered with 200."""

    def ask() -> bool:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)

    return ask


def quickest(here: Unpacked, command: Sequence[str], more: Mapping[str, str], ready: Callable[[], bool]) -> float:
    """Seconds from the start of the program until it is ready, the best of a few starts."""
    return min(timed(here, command, more, ready) for _ in range(TRIES))


def timed(here: Unpacked, command: Sequence[str], more: Mapping[str, str], ready: Callable[[], bool]) -> float:
    began = time.monotonic()
    with unpacked.started(here.root, here.image, command, more) as process:
        while not soon(ready):
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() - began < 20, "it never became ready"
            time.sleep(0.02)
        return time.monotonic() - began


def soon(ready: Callable[[], bool]) -> bool:
    try:
        return ready()
    except (OSError, grpc.RpcError):
        return False
