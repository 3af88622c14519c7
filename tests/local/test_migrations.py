"""When a service's migrations run again."""

from dataclasses import replace

import pytest

from deploy.local import databases
from deploy.local.components.edge import Edge
from deploy.local.components.service import Service
from deploy.local.environment import topic_prefix
from deploy.local.errors import StackError
from deploy.local.installation import Installation
from deploy.local.migrations import follow_restore, migrated, wanted


def stamp(installation: Installation, fingerprint: str) -> None:
    (installation.folder("migrated") / "order").write_text(fingerprint)


def test_new_stores_are_migrated(installation: Installation) -> None:
    assert not migrated("order", installation)


def test_own_stores_are_migrated_once_per_code(installation: Installation) -> None:
    stamp(installation, wanted("order", installation))
    assert migrated("order", installation)
    stamp(installation, "of other code")
    assert not migrated("order", installation)


def test_somebody_elses_stores_are_always_asked(installation: Installation) -> None:
    stamp(installation, wanted("order", installation))
    assert not migrated("order", replace(installation, overrides={"POSTGRES_URL": "postgresql://db.example/postgres"}))


def test_other_settings_do_not_make_the_stores_somebody_elses(installation: Installation) -> None:
    stamp(installation, wanted("order", installation))
    assert migrated("order", replace(installation, overrides={"SHOPMESH_SHOP_NAME": "Teapots"}))


def test_after_a_restore_that_was_killed_before_it_could_say_so_the_topics_are_those_that_the_databases_name(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "prefix_named", lambda _: "r2.")
    stamp(installation, wanted("order", installation))
    assert not follow_restore([Edge()], installation)
    assert follow_restore([Service("order")], installation)
    assert topic_prefix(installation) == "r2."
    assert not migrated("order", installation)


def test_topics_that_the_owner_named_and_restored_databases_do_not_go_with_are_refused(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned = replace(installation, overrides={"SHOPMESH_PREFIX": "eu."})
    monkeypatch.setattr(databases, "prefix_named", lambda _: "eu.r2.")
    with pytest.raises(StackError, match=r"put SHOPMESH_PREFIX=eu\.r2\. into \.env"):
        follow_restore([Service("order")], owned)


def test_databases_that_were_never_restored_leave_the_topics_to_the_owner(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "prefix_named", lambda _: None)
    stamp(installation, wanted("order", installation))
    assert not follow_restore([Service("order")], installation)
    assert topic_prefix(installation) == installation.prefix
    assert migrated("order", installation)


def test_other_topics_are_made_also_where_the_owner_names_them(installation: Installation) -> None:
    stamp(installation, wanted("order", installation))
    assert not migrated("order", replace(installation, overrides={"SHOPMESH_PREFIX": "eu.r2."}))
