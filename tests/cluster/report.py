"""What failed in a namespace, for the report of a test: each resource that isn't ready, its events, its last log lines."""

from collections.abc import Iterator

from kubernetes import client

EVENTS, LINES = 8, 15


class Report:
    """Reads a namespace; changes nothing."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self.namespace = namespace
        self.core, self.apps, self.batch = client.CoreV1Api(api), client.AppsV1Api(api), client.BatchV1Api(api)

    def text(self) -> str:
        """All that isn't as it should be; a sentence where everything is."""
        parts = [*self.workloads(), *self.jobs(), *self.pods()]
        return "\n".join(parts) or f"all workloads of {self.namespace} are ready"

    def workloads(self) -> Iterator[str]:
        """Deployments and StatefulSets that have too few ready pods."""
        deployments = self.apps.list_namespaced_deployment(self.namespace).items
        sets = self.apps.list_namespaced_stateful_set(self.namespace).items
        for kind, each in [("Deployment", each) for each in deployments] + [("StatefulSet", each) for each in sets]:
            ready = each.status.ready_replicas or 0
            if ready < each.spec.replicas or (each.status.updated_replicas or 0) < each.spec.replicas:
                yield (
                    f"{kind} {each.metadata.name}: {ready} of {each.spec.replicas} ready,"
                    f" {each.status.updated_replicas or 0} up to date"
                )
                yield from self.events(each.metadata.name)

    def jobs(self) -> Iterator[str]:
        """Jobs that haven't succeeded."""
        for each in self.batch.list_namespaced_job(self.namespace).items:
            if not each.status.succeeded:
                yield f"Job {each.metadata.name}: {each.status.failed or 0} failed, {each.status.active or 0} active"
                yield from self.events(each.metadata.name)

    def pods(self) -> Iterator[str]:
        """Pods that aren't ready, with their containers' states and last lines."""
        for pod in self.core.list_namespaced_pod(self.namespace).items:
            if pod.status.phase != "Succeeded" and not ready(pod):
                yield f"Pod {pod.metadata.name} on {pod.spec.node_name}: {pod.status.phase}"
                yield from self.events(pod.metadata.name)
                statuses = (pod.status.init_container_statuses or []) + (pod.status.container_statuses or [])
                for status in statuses:
                    yield f"  container {status.name}: {state(status)}, started again {status.restart_count} times"
                    yield from self.log(pod.metadata.name, status)

    def latest(self) -> str:
        """The namespace's last events, whatever they are of."""
        found = self.core.list_namespaced_event(self.namespace).items
        found.sort(key=lambda each: each.last_timestamp or each.event_time or each.metadata.creation_timestamp)
        return "\n".join(
            f"{each.type} {each.reason} {each.involved_object.kind} {each.involved_object.name}: {each.message}"
            for each in found[-3 * EVENTS :]
        )

    def events(self, name: str) -> Iterator[str]:
        """The latest events of one object."""
        found = self.core.list_namespaced_event(self.namespace, field_selector=f"involvedObject.name={name}").items
        for each in found[-EVENTS:]:
            yield f"  event {each.type} {each.reason}: {each.message}"

    def log(self, pod: str, status: client.V1ContainerStatus) -> Iterator[str]:
        """The container's last lines, and those of the one before it."""
        for previous in (True, False) if status.restart_count else (False,):
            try:
                text = self.core.read_namespaced_pod_log(
                    pod, self.namespace, container=status.name, tail_lines=LINES, previous=previous
                )
            except client.ApiException:
                continue  # it hasn't begun, or its log is gone
            yield from (f"    | {line}" for line in text.splitlines())


def ready(pod: client.V1Pod) -> bool:
    """Whether the pod is asked to serve."""
    return any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions or [])


def state(status: client.V1ContainerStatus) -> str:
    """A container's state in a few words."""
    now = status.state
    if now.waiting:
        return f"waiting, {now.waiting.reason}: {now.waiting.message or ''}".rstrip(": ")
    if now.terminated:
        return f"ended with {now.terminated.exit_code}, {now.terminated.reason}"
    return "running" if status.ready else "running, not ready"
