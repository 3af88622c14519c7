"""New certificates for all services, while people buy: no restart and no failed request."""

import base64
import time

import pytest
from cryptography import x509
from kubernetes import client

from deploy.local.bootstrap import ROOT
from deploy.local.installation import SERVICES
from tests.cluster.errors import ClusterError
from tests.cluster.figures import note
from tests.cluster.loading import assert_none_failed, loaded
from tests.cluster.pods import certificate
from tests.cluster.release import Release

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]
SHOWING = sorted(each.parents[1].name for each in ROOT.glob("proto/shopmesh/*/v1/*_internal_service.proto"))
"""Only these have an internal port that shows a certificate; the others show theirs to them."""
SHOWN_S = 240.0
"""A kubelet brings a changed Secret into a pod within about two minutes; those of `deploy.cluster` look each 20 s."""
USED_S = 20.0
"""Callers look at their files every ten seconds."""


def test_certificates_rotate_under_load_without_a_failed_request(shop: Release, full: bool) -> None:
    pods = {pod.metadata.uid for service in SERVICES for pod in shop.pods(service)}
    restarts = shop.restarts()
    old = {service: made(shop, service).serial_number for service in SERVICES}
    with loaded(shop) as load:
        began = time.monotonic()
        shop.upgrade(values={"tls": {"rotate": str(int(time.time()))}}, migrate=full)
        new = {service: made(shop, service).serial_number for service in SERVICES}
        assert not {*old.values()} & {*new.values()}, "the upgrade made no new certificates"
        for service in SHOWING:
            await_shown(shop, service, new[service], began + SHOWN_S)
        seconds = time.monotonic() - began
        time.sleep(USED_S)
    note(shop.progress, "rotation", {"shown_seconds": round(seconds, 1)} | load.report.figures())
    assert {pod.metadata.uid for service in SERVICES for pod in shop.pods(service)} == pods, "pods were replaced"
    assert shop.restarts() == restarts
    assert_none_failed(load.report)
    shop.audit()


def made(shop: Release, service: str) -> x509.Certificate:
    """The certificate in the service's Secret."""
    secret = shop.core.read_namespaced_secret(f"{shop.name}-{service}-tls", shop.namespace)
    return x509.load_pem_x509_certificate(base64.b64decode(secret.data["tls.crt"]))


def await_shown(shop: Release, service: str, serial: int, until: float) -> None:
    """Returns once every pod of the service shows this certificate."""
    for pod in shop.pods(service):
        while shown(shop, pod) != serial:
            assert time.monotonic() < until, f"{pod.metadata.name} shows an old certificate after {SHOWN_S:.0f} s"
            time.sleep(3)


def shown(shop: Release, pod: client.V1Pod) -> int:
    """The serial number of the pod's certificate; 0 where the way to it is cut off just now."""
    try:
        return certificate(shop, pod).serial_number
    except (OSError, ClusterError):
        return 0
