"""What the API server's objects say of themselves."""

from kubernetes import client


def name_of(pod: client.V1Pod | str) -> str:
    return pod if isinstance(pod, str) else str(pod.metadata.name)


def of_workload(pod: client.V1Pod) -> bool:
    """Whether it is kept running by a Deployment or a StatefulSet."""
    return any(each.kind in {"ReplicaSet", "StatefulSet"} for each in pod.metadata.owner_references or [])


def settled(deployment: client.V1Deployment) -> bool:
    """Whether the Deployment has exactly the pods that it should, all ready."""
    now, wanted = deployment.status, deployment.spec.replicas
    if (now.observed_generation or 0) < deployment.metadata.generation:
        return False
    return {wanted} == {each or 0 for each in (now.replicas, now.updated_replicas, now.available_replicas)}
