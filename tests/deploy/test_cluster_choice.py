"""Which cluster tests/cluster runs on: KUBECONFIG's, else kind's, else one of our own, else it says what is missing."""

import os
from pathlib import Path

import pytest

from deploy.cluster import machine
from deploy.cluster.places import of_checkout
from tests.cluster.errors import ClusterError
from tests.cluster.place import Given, Kind, Own, choose


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No KUBECONFIG, no program on PATH, and a machine that could have a cluster of its own."""
    for name in ("KUBECONFIG", "CLUSTER_HOST", "CLUSTER_REGISTRY", "CLUSTER_SLOT"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(machine, "missing", list)


def program(name: str, status: int = 0) -> None:
    """Put one on PATH that ends at once."""
    path = Path(os.environ["PATH"]) / name
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)


def engine(status: int = 0) -> None:
    """Put kind on PATH, and an engine that answers, or fails with this status."""
    program("docker", status)
    program("kind")


def test_a_cluster_that_kubeconfig_names_goes_before_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    engine()
    monkeypatch.setenv("KUBECONFIG", "/somewhere/config")
    monkeypatch.setenv("CLUSTER_HOST", "192.0.2.7")
    monkeypatch.setenv("CLUSTER_REGISTRY", "registry.example/shop")
    place = choose()
    assert isinstance(place, Given)
    assert (place.kubeconfig, place.host, place.registry) == (
        Path("/somewhere/config"),
        "192.0.2.7",
        "registry.example/shop",
    )


def test_it_says_what_it_must_know_of_a_cluster_that_kubeconfig_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/somewhere/config")
    monkeypatch.setenv("CLUSTER_HOST", "192.0.2.7")
    with pytest.raises(ClusterError, match="set CLUSTER_REGISTRY too"):
        choose()


def test_kubeconfig_of_our_own_cluster_is_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    engine()
    monkeypatch.setenv("KUBECONFIG", str(of_checkout().kubeconfig))
    assert isinstance(choose(), Own)


def test_kind_is_taken_where_an_engine_answers() -> None:
    engine()
    assert isinstance(choose(), Kind)


def test_our_own_cluster_is_taken_where_there_is_no_engine() -> None:
    place = choose()
    assert isinstance(place, Own)
    assert place.cluster == of_checkout()


@pytest.mark.parametrize("name", ["docker", "kind"])
def test_an_engine_without_kind_or_the_reverse_is_not_enough(name: str) -> None:
    program(name)
    assert isinstance(choose(), Own)


def test_an_engine_that_does_not_answer_is_none() -> None:
    engine(status=1)
    assert isinstance(choose(), Own)


def test_it_says_what_is_missing_for_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "missing", lambda: ["root: it makes networks", "packages: runc"])
    with pytest.raises(ClusterError) as error:
        choose()
    assert str(error.value).splitlines() == [
        "no KUBECONFIG, no engine with kind, and a cluster of our own needs:",
        "  root: it makes networks",
        "  packages: runc",
    ]


def test_nothing_is_missing_for_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    engine()
    monkeypatch.setattr(machine, "missing", lambda: ["root: it makes networks"])
    assert isinstance(choose(), Kind)
