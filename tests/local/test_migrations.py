"""When a service's migrations run again."""

from dataclasses import replace

from deploy.local.components.service import Service
from deploy.local.installation import Installation
from deploy.local.migrations import migrated


def stamp(installation: Installation, fingerprint: str) -> None:
    (installation.folder("migrated") / "order").write_text(fingerprint)


def test_new_stores_are_migrated(installation: Installation) -> None:
    assert not migrated("order", installation)


def test_own_stores_are_migrated_once_per_code(installation: Installation) -> None:
    stamp(installation, Service("order").fingerprint(installation))
    assert migrated("order", installation)
    stamp(installation, "of other code")
    assert not migrated("order", installation)


def test_somebody_elses_stores_are_always_asked(installation: Installation) -> None:
    stamp(installation, Service("order").fingerprint(installation))
    assert not migrated("order", replace(installation, overrides={"POSTGRES_URL": "postgresql://db.example/postgres"}))


def test_other_settings_do_not_make_the_stores_somebody_elses(installation: Installation) -> None:
    stamp(installation, Service("order").fingerprint(installation))
    assert migrated("order", replace(installation, overrides={"SHOPMESH_SHOP_NAME": "Teapots"}))
