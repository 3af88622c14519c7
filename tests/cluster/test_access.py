"""Who is no declared caller of a service is refused twice: by the network, and by mutual TLS; each does it alone."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from kubernetes import client

from deploy.local.certificates import begin, named
from tests.cluster.figures import note
from tests.cluster.place import Place
from tests.cluster.release import Release

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
SECRET = "probe-certificates"
ANSWERED_S = 90.0
# Dials catalog's internal port with each of the certificates given, and prints what became of it, by certificate.
PROBE = """
import json, socket, sys
import grpc
from shopmesh.catalog.v1 import catalog_internal_service_pb2 as pb, catalog_internal_service_pb2_grpc as rpc

target, names = sys.argv[1], sys.argv[2:]
host, _, port = target.rpartition(":")
try:
    socket.create_connection((host, int(port)), 5).close()
    said = {"tcp": "open"}
except OSError as error:
    said = {"tcp": type(error).__name__}
read = lambda name: open(f"/probe/{name}", "rb").read()
for name in names:
    pair = (None, None) if name == "none" else (read(f"{name}.key"), read(f"{name}.crt"))
    credentials = grpc.ssl_channel_credentials(read("ca.crt"), *pair)
    with grpc.secure_channel(target, credentials, [("grpc.ssl_target_name_override", "catalog")]) as channel:
        try:
            rpc.CatalogInternalServiceStub(channel).PriceLines(pb.PriceLinesRequest(), timeout=5)
            said[name] = "OK"
        except grpc.RpcError as error:
            said[name] = error.code().name
print(json.dumps(said))
"""
ANSWERED = {"OK", "INVALID_ARGUMENT"}
"""The call came through to the method: an empty request may be refused as such."""
CUT_OFF = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}


@pytest.fixture(scope="module", autouse=True)
def certificates(shop: Release) -> Iterator[None]:
    """A Secret with the authority, the pairs of order and notify, and a pair in order's name that a stranger signed."""
    data = {"ca.crt": of(shop, "catalog")["ca.crt"]}
    for service in ("order", "notify"):
        data |= {f"{service}.crt": of(shop, service)["tls.crt"], f"{service}.key": of(shop, service)["tls.key"]}
    data["foreign.crt"], data["foreign.key"] = (base64.b64encode(each).decode() for each in foreign("order"))
    secret = client.V1Secret(metadata=client.V1ObjectMeta(name=SECRET), data=data)
    shop.core.create_namespaced_secret(shop.namespace, secret)
    yield
    shop.core.delete_namespaced_secret(SECRET, shop.namespace)


def test_the_network_refuses_a_pod_that_is_no_caller_though_its_certificate_is_right(
    shop: Release, place: Place
) -> None:
    said = dialled(shop, place, "notify", ["order"])
    note(shop.progress, "access: a forbidden pod with a caller's certificate", said)
    assert said["tcp"] != "open"
    assert said["order"] in CUT_OFF


def test_mutual_tls_refuses_who_shows_no_callers_certificate_though_the_network_lets_it_in(
    shop: Release, place: Place
) -> None:
    said = dialled(shop, place, "order", ["none", "foreign", "notify", "order"])
    note(shop.progress, "access: a caller's pod with certificates", said)
    assert said["tcp"] == "open"
    assert said["order"] in ANSWERED  # by the same network the right one is let in
    assert said["none"] in CUT_OFF
    assert said["foreign"] in CUT_OFF
    assert said["notify"] == "PERMISSION_DENIED"


def dialled(shop: Release, place: Place, component: str, names: list[str]) -> dict[str, str]:
    """What a pod with the labels of a component meets when it dials catalog with these certificates."""
    target = f"{shop.name}-catalog:8502"
    with pod(shop, f"{place.registry}/services:{shop.tag}", place.pull_policy, component, [target, *names]) as name:
        ends = time.monotonic() + ANSWERED_S
        while shop.core.read_namespaced_pod(name, shop.namespace).status.phase not in ("Succeeded", "Failed"):
            assert time.monotonic() < ends, f"{name} did not end"
            time.sleep(0.5)
        text = shop.core.read_namespaced_pod_log(name, shop.namespace, _preload_content=False).data.decode()
    assert text.strip(), f"{name} said nothing"
    said: dict[str, str] = json.loads(text.splitlines()[-1])
    return said


@contextmanager
def pod(shop: Release, image: str, pull_policy: str, component: str, arguments: list[str]) -> Iterator[str]:
    """A pod that looks like one of the component's to the network, and never ready, so that nobody calls it."""
    allowed: dict[str, Any] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    labels = {"name": "shopmesh", "instance": shop.name, "component": component}
    name = f"probe-{component}"
    manifest = {
        "metadata": {"name": name, "labels": {f"app.kubernetes.io/{key}": value for key, value in labels.items()}},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "probe",
                    "image": image,
                    "imagePullPolicy": pull_policy,
                    "command": ["python", "-c", PROBE, *arguments],
                    "securityContext": allowed,
                    "readinessProbe": {"exec": {"command": ["false"]}},
                    "volumeMounts": [{"name": "probe", "mountPath": "/probe", "readOnly": True}],
                }
            ],
            "volumes": [{"name": "probe", "secret": {"secretName": SECRET}}],
        },
    }
    shop.core.create_namespaced_pod(shop.namespace, manifest)
    try:
        yield name
    finally:
        shop.core.delete_namespaced_pod(name, shop.namespace, grace_period_seconds=0)


def of(shop: Release, service: str) -> dict[str, str]:
    """The service's Secret of mutual TLS, its values in base64."""
    data: dict[str, str] = shop.core.read_namespaced_secret(f"{shop.name}-{service}-tls", shop.namespace).data
    return data


def foreign(name: str) -> tuple[bytes, bytes]:
    """A certificate and key in a service's name, signed by an authority of a stranger's own."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    draft = begin(named(name), named("stranger"), key, timedelta(days=1))
    draft = draft.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = draft.sign(authority, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
