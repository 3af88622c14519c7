"""Talks with single pods: their ports are reached through the API server, as by `kubectl port-forward`."""

import json
import socket
import ssl

import httpx
from cryptography import x509
from kubernetes import client
from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.release import Release

INTERNAL, METRICS = 8502, 8503
ANSWER_S = 20.0


def calls(shop: Release, pod: client.V1Pod) -> dict[str, float]:
    """How many calls of each method the pod has answered, by the method's whole name."""
    with shop.forwarded(f"pod/{pod.metadata.name}", METRICS) as at:
        text = httpx.get(f"http://{at}/metrics", timeout=ANSWER_S, trust_env=False).raise_for_status().text
    counts: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "shopmesh_rpc_seconds_count":
                method = sample.labels["method"].strip("/")
                counts[method] = counts.get(method, 0) + sample.value
    return counts


def memory(shop: Release) -> dict[str, float]:
    """Millions of bytes that a pod of each service holds (the working set that its kubelet tells), the largest one's."""
    used: dict[str, int] = {}
    for node in shop.core.list_node().items:
        text = shop.core.connect_get_node_proxy_with_path(node.metadata.name, "stats/summary", _preload_content=False)
        for pod in json.loads(text.data)["pods"]:
            used[pod["podRef"]["name"]] = pod.get("memory", {}).get("workingSetBytes", 0)
    largest: dict[str, float] = {}
    for pod in shop.pods():
        component = pod.metadata.labels["app.kubernetes.io/component"]
        largest[component] = max(largest.get(component, 0.0), round(used.get(pod.metadata.name, 0) / 1e6, 1))
    return largest


def certificate(shop: Release, pod: client.V1Pod) -> x509.Certificate:
    """What the pod shows to those who dial its internal port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with shop.forwarded(f"pod/{pod.metadata.name}", INTERNAL) as at:
        host, _, number = at.partition(":")
        with (
            socket.create_connection((host, int(number)), ANSWER_S) as connection,
            context.wrap_socket(connection) as tls,
        ):
            shown = tls.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown)
