"""Nothing that the chart runs may do more than it needs: Pod Security ``restricted``, and what we add to it."""

from typing import Any

import pytest

from tests.deploy.objects import Pods, Rendering

pytestmark = pytest.mark.slow

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
"""Kinds of volumes that ``restricted`` admits. Source: Kubernetes, Pod Security Standards."""


def too_free(pods: Pods) -> list[str]:
    """What ``restricted`` and our own rules refuse of these pods."""
    spec = pods.spec
    context = spec.get("securityContext", {})
    rules = {
        "runs on the host": not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(),
        "may run as root": context.get("runAsNonRoot") is True and context.get("runAsUser", 0) > 0,
        "has no seccomp profile": context.get("seccompProfile") == {"type": "RuntimeDefault"},
        "has a token of the API": spec.get("automountServiceAccountToken") is False,
        "is told of all Services": spec.get("enableServiceLinks") is False,
        "mounts what it must not": all(len(volume.keys() & VOLUMES) == 1 for volume in spec.get("volumes", [])),
    }
    found = [rule for rule, kept in rules.items() if not kept]
    return found + [f"{each['name']} {rule}" for each in pods.containers for rule in too_free_container(each)]


def too_free_container(container: dict[str, Any]) -> list[str]:
    context, resources = container.get("securityContext", {}), container.get("resources", {})
    rules = {
        "may gain rights": context.get("allowPrivilegeEscalation") is False and "privileged" not in context,
        "has capabilities": context.get("capabilities") == {"drop": ["ALL"]},
        "may write to its image": context.get("readOnlyRootFilesystem") is True,
        "asks for nothing": {"cpu", "memory"} <= resources.get("requests", {}).keys(),
        "has no limit of memory": "memory" in resources.get("limits", {}),
        "overrides the pod's user": not {"runAsUser", "runAsNonRoot"} & context.keys(),
        "uses ports of the host": not any("hostPort" in port for port in container.get("ports", [])),
    }
    return [rule for rule, kept in rules.items() if not kept]


def test_no_pod_is_freer_than_restricted(rendering: Rendering) -> None:
    assert {pods.name: too_free(pods) for pods in rendering.pods() if too_free(pods)} == {}


def test_services_have_an_account_of_their_own_without_rights(rendering: Rendering) -> None:
    accounts = rendering.of("ServiceAccount")
    for name in rendering.of("Deployment"):
        account = rendering.deployment(name).spec.get("serviceAccountName", "")
        assert accounts[account]["automountServiceAccountToken"] is False
    assert not {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"} & {
        each["kind"] for each in rendering.objects
    }


def test_no_secret_stands_in_a_plain_value(rendering: Rendering) -> None:
    """Settings that hold secrets come from Secrets only: their names end so."""
    endings = ("_URL", "_URI", "_PASSWORD", "_KEY", "_KEYS", "_SECRETS", "_USERNAME")
    told = [
        f"{name}: {key}"
        for name, each in rendering.of("ConfigMap").items()
        for key in each["data"]
        if key.endswith(endings)
    ]
    told += [
        f"{pods.name}: {variable['name']}"
        for pods in rendering.pods()
        for container in pods.containers
        for variable in container.get("env", [])
        if variable["name"].endswith(endings) and "value" in variable
    ]
    assert told == []
