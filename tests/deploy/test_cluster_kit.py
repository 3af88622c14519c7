"""What `deploy.cluster` reckons without a cluster: places, slots in use, pins, packages, archives."""

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.cluster import binaries, leftovers, machine, places, running, slots
from deploy.cluster.cli import cli
from deploy.cluster.images import join
from deploy.local.bootstrap import ROOT
from deploy.local.errors import StackError
from deploy.local.progress import Progress

NODE = "import time; print(flush=True); time.sleep(60)"


def test_two_checkouts_have_no_name_and_no_network_in_common() -> None:
    every = [places.of_slot(slot) for slot in range(places.SLOTS)]
    for part in ("name", "net"):
        assert len({getattr(place, part) for place in every}) == places.SLOTS
    networks = {place.pods for place in every} | {place.services for place in every} | {"10.210"}
    assert len(networks) == 2 * places.SLOTS + 1
    assert all(len(place.name) <= 8 for place in every)


def test_a_slot_chosen_by_hand_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLUSTER_SLOT", raising=False)
    usual = places.of_checkout()
    monkeypatch.setenv("CLUSTER_SLOT", "38")
    assert places.of_checkout().name == "sm38"
    assert places.of_checkout().work != usual.work


@pytest.fixture
def place(tmp_path: Path) -> places.Place:
    """Of no real slot, with a folder."""
    own = places.Place("smtest", "10.210.99", "10.229", "10.249", work=tmp_path / "own", cache=tmp_path / "cache")
    own.work.mkdir()
    return own


@contextmanager
def node(name: str, work: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """What to others looks like the first process of a cluster's node."""
    command = [sys.executable, "-c", NODE, "/somewhere/pause"]
    environment = {**os.environ, "NAME": name, "WORK": str(work)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("act", ["up", "down"])
def test_a_slot_that_another_checkouts_cluster_uses_is_not_touched(
    place: places.Place, tmp_path: Path, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "require", lambda: None)
    monkeypatch.setattr(running, "run_script", lambda *_: pytest.fail("a script was run"))
    other = tmp_path / "other"
    other.mkdir()
    with node("smtest", other) as process:
        with pytest.raises(StackError, match=f"{other}.* down.*SHOPMESH_PORT_OFFSET.*CLUSTER_SLOT"):
            running.up(place, 1, Progress()) if act == "up" else running.down(place)
        assert process.poll() is None


def test_a_checkouts_own_nodes_and_those_of_other_slots_leave_its_slot_free(
    place: places.Place, tmp_path: Path
) -> None:
    with node("smtest", place.work) as own, node("smtest2", tmp_path) as beside:
        slots.free(place)
        assert [own.poll(), beside.poll()] == [None, None]


def test_nodes_whose_folder_is_gone_are_ended(place: places.Place, tmp_path: Path) -> None:
    with node("smtest", tmp_path / "gone") as process:
        slots.free(place)
        assert process.wait(10) < 0


@pytest.mark.parametrize("left", [[], ["interface smtest-br"]])
def test_interfaces_that_a_checkout_left_which_is_gone_are_taken_away(
    place: places.Place, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(leftovers, "interfaces", lambda _: iter(left))
    monkeypatch.setattr(running, "run_script", lambda script, *_: ran.append(script))
    place.work.rmdir()
    running.down(place)
    assert ran == ["down.sh"] * len(left)


def test_an_end_waits_for_whoever_starts_or_ends_something_in_the_slot(
    place: places.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared = threading.Event()
    monkeypatch.setattr(running, "clear", lambda _: cleared.set())
    ends = threading.Thread(target=running.down, args=(place,))
    with running.slot(place):
        ends.start()
        assert not cleared.wait(0.3)
    ends.join(10)
    assert cleared.is_set()


def test_the_pin_is_of_every_file_that_is_built() -> None:
    names = {path.relative_to(binaries.HERE).as_posix() for path in binaries.sources()}
    assert names >= {"build.sh", "pause.c", "kube/go.mod", "kube/go.sum", "kube/main.go", "kube/coredns/main.go"}


def test_packages_are_one_line_for_apt() -> None:
    said = CliRunner().invoke(cli, ["packages"]).output
    assert said.split() == list(machine.PACKAGES)
    assert said.count("\n") == 1


def test_what_is_missing_is_said_with_the_command_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "PROGRAMS", {"no-such-program": "its-package"})
    monkeypatch.setattr(machine, "CGROUPS", Path("/nowhere/memory/cgroup.procs"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(StackError) as error:
        machine.require()
    for part in ("root", "apt-get install -y --no-install-recommends its-package", "control groups of version 1"):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("lacking", "asked"), [([], ""), (["its-package"], "update\ninstall --yes --no-install-recommends its-package\n")]
)
def test_only_missing_packages_are_installed(
    lacking: list[str], asked: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine, "packages_missing", lambda: lacking)
    apt(tmp_path, monkeypatch, 'echo "$@" >> "$0.asked"')
    machine.install()
    told = tmp_path / "apt-get.asked"
    assert (told.read_text() if told.exists() else "") == asked


def test_an_install_that_fails_says_what_apt_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "packages_missing", lambda: ["its-package"])
    apt(tmp_path, monkeypatch, "echo no such archive >&2; exit 100")
    with pytest.raises(StackError, match=r"apt-get update failed:\nno such archive"):
        machine.install()


def apt(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """What apt-get does from now on."""
    program = folder / "apt-get"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_archives_are_joined_with_each_layer_once(tmp_path: Path) -> None:
    archive(tmp_path / "one.tar", "one", {"base.tar": b"base", "one.tar": b"1"})
    archive(tmp_path / "two.tar", "two", {"base.tar": b"base", "two.tar": b"2"})
    join([tmp_path / "one.tar", tmp_path / "two.tar"], tmp_path / "both.tar")
    with tarfile.open(tmp_path / "both.tar") as both:
        assert sorted(both.getnames()) == ["base.tar", "manifest.json", "one.tar", "two.tar"]
        manifest = both.extractfile("manifest.json")
        assert manifest is not None
        assert [each["RepoTags"] for each in json.load(manifest)] == [["one"], ["two"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "code"), [((), pytest.ExitCode.NO_TESTS_COLLECTED), (("-m", "cluster"), pytest.ExitCode.OK)]
)
def test_tests_on_a_cluster_are_run_by_name_only(asked: tuple[str, ...], code: pytest.ExitCode) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *asked, "tests/cluster/test_manifests.py"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == code


def archive(file: Path, tag: str, layers: dict[str, bytes]) -> None:
    manifest = json.dumps([{"RepoTags": [tag], "Layers": list(layers)}]).encode()
    with tarfile.open(file, "w") as made:
        for name, content in {**layers, "manifest.json": manifest}.items():
            head = tarfile.TarInfo(name)
            head.size = len(content)
            made.addfile(head, io.BytesIO(content))
