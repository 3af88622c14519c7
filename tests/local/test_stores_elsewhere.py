"""Stores that listen at a second address, for programs on another network of this machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.components import COMPONENTS
from deploy.local.components import mongo as mongo_component
from deploy.local.components import postgres as postgres_component
from deploy.local.components import valkey as valkey_component
from deploy.local.components.postgres import admit
from deploy.local.installation import HOST, Installation

ALSO = "10.9.8.1"
STORES = ("postgres", "mongo", "valkey", "mail")


@pytest.fixture
def elsewhere(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    monkeypatch.setattr(postgres_component, "unprivileged_user", lambda: None)
    monkeypatch.setattr(valkey_component, "server", lambda _: "valkey-server")
    monkeypatch.setattr(mongo_component, "classes", lambda _: Path("classes"))
    monkeypatch.setattr(mongo_component, "class_path", lambda _: "jars")
    return replace(installation, also=ALSO)


@pytest.mark.parametrize("name", STORES)
def test_a_store_listens_there_when_it_is_told_to_and_never_else(
    elsewhere: Installation, installation: Installation, name: str
) -> None:
    (store,) = (each for each in COMPONENTS if each.name == name)
    assert ALSO in " ".join(store.command(elsewhere).arguments)
    usual = " ".join(store.command(installation).arguments)
    assert ALSO not in usual
    assert HOST in usual


def test_valkey_answers_others_only_where_it_is_told_to(elsewhere: Installation, installation: Installation) -> None:
    (store,) = (each for each in COMPONENTS if each.name == "valkey")
    assert "--protected-mode" in store.command(elsewhere).arguments
    assert "--protected-mode" not in store.command(installation).arguments


def test_valkey_leaves_its_writes_to_the_kernel_only_beside_a_test_cluster(
    elsewhere: Installation, installation: Installation
) -> None:
    (store,) = (each for each in COMPONENTS if each.name == "valkey")
    others = (installation, replace(installation, test=True), replace(elsewhere, test=False))
    said = [store.command(each).arguments for each in (replace(elsewhere, test=True), *others)]
    assert [each[each.index("--appendfsync") + 1] for each in said] == ["no", *["everysec"] * 3]


def test_roles_of_postgres_may_log_in_from_elsewhere_by_password_and_are_admitted_once(tmp_path: Path) -> None:
    rules = tmp_path / "pg_hba.conf"
    rules.write_text("local all all scram-sha-256\n")
    admit(rules)
    admit(rules)
    assert rules.read_text().splitlines()[1:] == ["host all all 0.0.0.0/0 scram-sha-256"]
