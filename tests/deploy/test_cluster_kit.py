"""What `deploy.cluster` reckons without a cluster: places, pins, packages, archives."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.cluster import binaries, machine, places
from deploy.cluster.cli import cli
from deploy.cluster.images import join
from deploy.local.bootstrap import ROOT
from deploy.local.errors import StackError


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
