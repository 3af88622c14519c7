"""Talks with single pods: their ports are reached through the API server, as by `kubectl port-forward`."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptography import x509
from kubernetes import client, stream
from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.release import Release

INTERNAL, METRICS = 8502, 8503
ANSWER_S = 20.0


@contextmanager
def port(shop: Release, pod: client.V1Pod, number: int) -> Iterator[socket.socket]:
    """A connection to a pod's port."""
    forward = stream.portforward(
        shop.core.connect_get_namespaced_pod_portforward, pod.metadata.name, shop.namespace, ports=str(number)
    )
    connection: Any = forward.socket(number)
    connection.settimeout(ANSWER_S)
    try:
        yield connection
    finally:
        forward.close()


def calls(shop: Release, pod: client.V1Pod) -> dict[str, float]:
    """How many calls of each method the pod has answered, by the method's whole name."""
    with port(shop, pod, METRICS) as connection:
        connection.sendall(b"GET /metrics HTTP/1.0\r\nhost: pod\r\n\r\n")
        text = b"".join(iter(lambda: connection.recv(65536), b"")).decode().partition("\r\n\r\n")[2]
    counts: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "shopmesh_rpc_seconds_count":
                method = sample.labels["method"].strip("/")
                counts[method] = counts.get(method, 0) + sample.value
    return counts


def certificate(shop: Release, pod: client.V1Pod) -> x509.Certificate:
    """What the pod shows to those who dial its internal port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with port(shop, pod, INTERNAL) as connection, context.wrap_socket(connection) as tls:
        shown = tls.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown)
