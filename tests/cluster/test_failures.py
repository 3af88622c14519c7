"""A release that can't work fails and says why, and those who look at the shop meanwhile notice nothing."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kubernetes import client

from deploy.local.bootstrap import ROOT
from tests.cluster.errors import ClusterError
from tests.cluster.figures import note
from tests.cluster.images import BROKEN
from tests.cluster.loading import ONLY_READS, loaded
from tests.cluster.place import Own, Place
from tests.cluster.release import Release
from tests.cluster.report import ready

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]
STUCK_S, FAILS_S = 12.0, 90.0
"""What is given to a release that waits for what will not come, and to one that fails by itself."""
AGAIN_S = 1.0
"""Readers go on for so long when all is as before."""
GUIDE = re.compile(r"`kubectl (-n shop (?:logs|describe) [^`]+)`")
LOOKED, MIGRATED, WAITED = (
    "-n shop logs job/shop-doctor --all-containers --prefix --ignore-errors",
    "-n shop logs job/shop-catalog-migrate",
    "-n shop describe pod -l app.kubernetes.io/component=doctor",
)
"""What docs/kubernetes.md tells to ask afterwards."""


@contextmanager
def refused(shop: Release, name: str, *words: str, ask: str = "", begun: bool = True) -> Iterator[None]:
    """What is done inside must fail with a text that has all these words, and what the guide tells to ask then must answer
    with the last of them. Meanwhile, and on the way back where the release had begun, the shop answers every reader; no pod
    that served is gone."""
    tag, before = shop.tag, {pod.metadata.uid for pod in shop.pods() if ready(pod)}
    with loaded(shop, *ONLY_READS, cool_s=AGAIN_S) as load:
        with pytest.raises(ClusterError) as failure:
            yield
        kept = {pod.metadata.uid for pod in shop.pods()} >= before
        answer = shop.place.run("kubectl", *ask.split(), check=False).stdout if ask else ""
        if begun:
            shop.rollback()
            shop.wait_ready()
    text = str(failure.value)
    note(shop.progress, f"refused: {name}", {"requests": load.report.requests, "failed": len(load.report.failed)})
    assert not [word for word in words if word not in text], f"the message does not say {words}:\n{text}"
    assert not ask or words[-1] in answer, f"`kubectl {ask}` does not say {words[-1]}:\n{answer}"
    assert not load.report.failed, load.report.failures()
    assert kept, "a pod that served was taken away"
    assert shop.tag == tag


def test_these_are_the_questions_of_the_guide() -> None:
    text = (ROOT / "docs" / "kubernetes.md").read_text()
    assert set(GUIDE.findall(text)) == {LOOKED, MIGRATED, WAITED}


def test_an_image_that_is_not_there(shop: Release) -> None:
    with refused(shop, "a wrong image", "no-such-tag", "ErrImage", ask=WAITED):
        shop.upgrade("no-such-tag", timeout=STUCK_S)


def test_a_migration_that_fails(shop: Release, place: Place) -> None:
    if not isinstance(place, Own):
        pytest.skip("the image with a broken migration is only built for a cluster of our own")
    with refused(shop, "a failing migration", "shop-catalog-migrate", "already exists", ask=MIGRATED):
        shop.upgrade(values={"services": {"catalog": {"image": {"tag": BROKEN}}}}, timeout=FAILS_S)


def test_a_secret_that_is_not_there(shop: Release) -> None:
    with refused(shop, "a missing secret", '"no-such-secret" not found', ask=WAITED):
        shop.upgrade(values={"stores": {"postgres": {"existingSecret": "no-such-secret"}}}, timeout=STUCK_S)


def test_a_secret_without_one_of_its_keys(shop: Release) -> None:
    words = ("find key catalog in Secret shop/lacking",)
    with changed(shop, "lacking", catalog=None), refused(shop, "a missing key of a secret", *words, ask=WAITED):
        shop.upgrade(values={"stores": {"postgres": {"existingSecret": "lacking"}}}, timeout=STUCK_S)


def test_an_address_where_nobody_is(shop: Release) -> None:
    nowhere = "postgresql://nobody:secret-word@127.0.0.1:1/nowhere"
    words = ("container catalog: ended with 1", "127.0.0.1", "FAIL  postgres")
    with changed(shop, "nowhere", catalog=nowhere), refused(shop, "a wrong address", *words, ask=LOOKED):
        shop.upgrade(values={"stores": {"postgres": {"existingSecret": "nowhere"}}}, timeout=FAILS_S)


def test_a_value_that_is_mistyped(shop: Release) -> None:
    with refused(shop, "a mistyped value", "replica", begun=False):
        shop.upgrade(values={"services": {"catalog": {"replica": 3}}}, timeout=FAILS_S)


@contextmanager
def changed(shop: Release, name: str, **keys: str | None) -> Iterator[None]:
    """A copy of the Secret with the databases' addresses, some of its keys with another value or none."""
    deployment = shop.apps.read_namespaced_deployment(f"{shop.name}-catalog", shop.namespace)
    variables = {each.name: each for each in deployment.spec.template.spec.containers[0].env}
    present = variables["SHOPMESH_DATABASE_URL"].value_from.secret_key_ref.name
    known = shop.core.read_namespaced_secret(present, shop.namespace).data
    other = {key: base64.b64encode(value.encode()).decode() for key, value in keys.items() if value is not None}
    data: dict[str, Any] = {key: value for key, value in (known | other).items() if keys.get(key, "") is not None}
    secret = client.V1Secret(metadata=client.V1ObjectMeta(name=name), data=data)
    shop.core.create_namespaced_secret(shop.namespace, secret)
    try:
        yield
    finally:
        shop.core.delete_namespaced_secret(name, shop.namespace)
