"""The shop as one release of the chart, and what can be done to it. Every method blocks: under load call it in a thread."""

import asyncio
import base64
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, config

from deploy.local import accounts
from deploy.local.bootstrap import ROOT
from deploy.local.components.kafka import free_ports
from deploy.local.installation import SERVICES
from deploy.local.progress import Progress
from deploy.local.seed import seed
from ops.audit.checks import CHECKS
from ops.audit.cli import run, silent
from ops.audit.report import as_table, exit_code
from tests.audited import REST_S, UNTIL_IT_IS_CLEAN, settings
from tests.cluster.errors import ClusterError
from tests.cluster.images import FIRST
from tests.cluster.objects import name_of, of_workload, settled
from tests.cluster.place import Place
from tests.cluster.report import Report
from tests.cluster.stores import Stores

Values = Mapping[str, Any]
CHART = ROOT / "deploy" / "helm" / "shopmesh"
VALUES = Path(__file__).with_name("values.yaml")
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
STRIPE_PORT = 8121
POLL_S = 0.25


class Release:
    """One release. `url` is the edge's REST address as this machine reaches it, without a slash at its end."""

    def __init__(
        self, place: Place, stores: Stores, progress: Progress, *, name: str = "shop", namespace: str = "shop"
    ) -> None:
        self.place, self.stores, self.progress = place, stores, progress
        self.name, self.namespace, self.tag = name, namespace, FIRST
        self.began = datetime.now(UTC)
        self.install_seconds = 0.0
        api = config.new_client_from_config(str(place.kubeconfig))
        self.api = api
        self.core, self.apps, self.batch = client.CoreV1Api(api), client.AppsV1Api(api), client.BatchV1Api(api)
        self.custom, self.policy = client.CustomObjectsApi(api), client.PolicyV1Api(api)

    # --- the release

    def prepare(self) -> None:
        """Make the namespace, with pod security `restricted`, and the owner's Secrets."""
        self.apply({"kind": "Namespace", "metadata": {"name": self.namespace, "labels": RESTRICTED}})
        for name, content in self.stores.secrets().items():
            self.apply({"kind": "Secret", "metadata": {"name": name}, "stringData": content})

    def apply(self, *manifests: Values) -> None:
        """Make or change objects of the namespace; `apiVersion` is v1 where none is given."""
        text = "---\n".join(yaml.safe_dump({"apiVersion": "v1", **each}) for each in manifests)
        self.place.run("kubectl", "apply", "--namespace", self.namespace, "--filename", "-", text=text)

    def install(self, tag: str = FIRST, values: Values | None = None, timeout: float = 300) -> float:
        """`helm install --wait` of the chart, with the tests' values and these; the seconds it took."""
        self.prepare()
        place = self.place
        image = {"registry": place.registry, "tag": tag, "pullPolicy": place.pull_policy}
        way_in = {} if place.reaches_services else {"edge": {"service": {"type": "NodePort"}}}
        given = merged(merged({"image": image, **way_in}, self.stores.values()), values or {})
        took = self._helm("install", self.name, str(CHART), "--values", str(VALUES), values=given, timeout=timeout)
        self.tag, self.install_seconds = tag, took
        return took

    def upgrade(
        self, tag: str | None = None, values: Values | None = None, timeout: float = 300, *, migrate: bool = True
    ) -> float:
        """`helm upgrade --wait` to the tag (None: as it is), with more values; the seconds it took.

        Without `migrate` no Jobs come before it: nothing is asked of stores, and schemas stay. ClusterError names the
        resource that failed, with its events and last log lines; the old pods keep serving.
        """
        image = {"image": {"tag": tag}} if tag else {}
        given = merged({"migrations": {"enabled": migrate}, **image}, values or {})
        took = self._helm("upgrade", self.name, str(CHART), "--reset-then-reuse-values", values=given, timeout=timeout)
        self.tag = tag or self.tag
        return took

    def rollback(self, revision: int = 0, timeout: float = 300) -> float:
        """`helm rollback --wait`, to the revision before where none is given; the seconds it took."""
        took = self._helm("rollback", self.name, *([str(revision)] if revision else []), timeout=timeout)
        self.tag = self.values()["image"]["tag"]
        return took

    def values(self) -> dict[str, Any]:
        """The values that the release was given."""
        answer = self.place.run("helm", "get", "values", self.name, "--namespace", self.namespace, "--output", "json")
        return dict(json.loads(answer.stdout))

    def history(self) -> list[dict[str, Any]]:
        """The release's revisions, the oldest first: revision, status, description."""
        answer = self.place.run("helm", "history", self.name, "--namespace", self.namespace, "--output", "json")
        return list(json.loads(answer.stdout))

    def test(self, timeout: float = 180) -> str:
        """`helm test`; what its pods said. ClusterError with that where it fails."""
        arguments = ("test", self.name, "--namespace", self.namespace, "--logs", "--timeout", f"{timeout:.0f}s")
        answer = self.place.run("helm", *arguments, timeout=timeout + 30, check=False)
        if answer.returncode:
            raise ClusterError(f"helm test failed:\n{answer.stdout}{answer.stderr}\n{self.report()}")
        return answer.stdout

    def uninstall(self) -> None:
        """Remove the release and its namespace."""
        self.place.run("helm", "uninstall", self.name, "--namespace", self.namespace, "--wait", "--ignore-not-found")
        self.place.run("kubectl", "delete", "namespace", self.namespace, "--ignore-not-found", "--wait")

    def fill(self) -> None:
        """Make the log-ins and the demo shop."""
        own = self.stores.installation
        accounts.ensure_all(own, self.stores.stack.environment("auth"))
        seed(own, self.progress, self.url)

    # --- its pods

    def scale(self, replicas: Mapping[str, int], timeout: float = 120) -> float:
        """Set the replicas of services, or the edge, and wait until as many are ready; the seconds it took."""
        began = time.monotonic()
        for component, count in replicas.items():
            self.apps.patch_namespaced_deployment_scale(
                self.object_name(component), self.namespace, {"spec": {"replicas": count}}
            )
        self.wait_ready(timeout)
        return time.monotonic() - began

    def restart(self, timeout: float = 180) -> float:
        """Replace every pod of the shop, as an upgrade does; the seconds it took."""
        began = time.monotonic()
        names = [f"deployment/{self.object_name(component)}" for component in (*SERVICES, "edge")]
        self.place.run("kubectl", "rollout", "restart", "--namespace", self.namespace, *names)
        self.wait_ready(timeout)
        return time.monotonic() - began

    def pods(self, service: str | None = None) -> list[client.V1Pod]:
        """The pods of a service, of the edge, or all, that aren't ending; Jobs' are left out."""
        wanted = f"app.kubernetes.io/instance={self.name}"
        if service:
            wanted += f",app.kubernetes.io/component={service}"
        found = self.core.list_namespaced_pod(self.namespace, label_selector=wanted).items
        return [each for each in found if not each.metadata.deletion_timestamp and of_workload(each)]

    def kill(self, pod: client.V1Pod | str) -> None:
        """End the pod at once: its processes get SIGKILL, where the place can send it, and it is deleted without grace."""
        name = name_of(pod)
        whole = self.core.read_namespaced_pod(name, self.namespace)
        self.place.kill(whole)
        self.core.delete_namespaced_pod(name, self.namespace, grace_period_seconds=0)

    def drain(self, node: str, timeout: float = 180) -> float:
        """Evict every pod of the node, as the disruption budgets allow; the seconds it took."""
        began = time.monotonic()
        options = ("--ignore-daemonsets", "--delete-emptydir-data", "--force", f"--timeout={timeout:.0f}s")
        answer = self.place.run("kubectl", "drain", node, *options, timeout=timeout + 30, check=False)
        if answer.returncode:
            raise ClusterError(f"{node} was not drained:\n{answer.stdout}{answer.stderr}\n{self.report()}")
        return time.monotonic() - began

    def uncordon(self, node: str) -> None:
        """Let pods be placed on the node again."""
        self.place.run("kubectl", "uncordon", node)

    def nodes(self) -> Sequence[str]:
        """The names of the nodes that pods may be placed on."""
        return [
            each.metadata.name
            for each in self.core.list_node().items
            if not each.spec.unschedulable and not any(t.effect == "NoSchedule" for t in each.spec.taints or [])
        ]

    def wait_ready(self, timeout: float = 180) -> float:
        """Wait until every Deployment has all its pods ready and up to date; the seconds it took."""
        began = time.monotonic()
        while waiting := self.unready():
            if time.monotonic() - began > timeout:
                raise ClusterError(f"not ready after {timeout:.0f} s: {', '.join(waiting)}\n{self.report()}")
            time.sleep(POLL_S)
        return time.monotonic() - began

    def unready(self) -> list[str]:
        """The names of Deployments whose pods aren't all ready and up to date."""
        wanted = f"app.kubernetes.io/instance={self.name}"
        found = self.apps.list_namespaced_deployment(self.namespace, label_selector=wanted).items
        return [each.metadata.name for each in found if not settled(each)]

    def logs(self, pod: client.V1Pod | str, lines: int = 200) -> str:
        """The last lines of a pod's main container."""
        return str(self.core.read_namespaced_pod_log(name_of(pod), self.namespace, tail_lines=lines))

    def restarts(self) -> dict[str, int]:
        """How often containers were started again, by `pod/container`; those that never were are left out."""
        return {
            f"{pod.metadata.name}/{status.name}": status.restart_count
            for pod in self.pods()
            for status in pod.status.container_statuses or []
            if status.restart_count
        }

    def execute(self, pod: client.V1Pod | str, *command: str, timeout: float = 60) -> str:
        """Run a command in the pod's main container; what it printed."""
        return self.place.run(
            "kubectl", "-n", self.namespace, "exec", name_of(pod), "--", *command, timeout=timeout
        ).stdout

    # --- reaching it

    @property
    def url(self) -> str:
        """Where the edge's Service is."""
        service = self.core.read_namespaced_service(self.object_name("edge"), self.namespace)
        port = service.spec.ports[0]
        if self.place.reaches_services:
            return f"http://{service.spec.cluster_ip}:{port.port}"
        return f"http://{self.node_address()}:{port.node_port}"

    def node_address(self) -> str:
        """A node's address, for its ports of Services."""
        node = next(each for each in self.core.list_node().items if each.metadata.name in self.nodes())
        return str(next(each.address for each in node.status.addresses if each.type == "InternalIP"))

    @contextmanager
    def forwarded(self, target: str, port: int) -> Iterator[str]:
        """`host:port` on this machine that leads to a pod, or to one pod of `service/name`, past every network policy."""
        (local,) = free_ports(1)
        command = [self.place.program("kubectl"), "-n", self.namespace, "port-forward", target, f"{local}:{port}"]
        with subprocess.Popen(
            command, env=self.place.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            if not said.startswith("Forwarding"):
                process.kill()
                raise ClusterError(f"no way to {target}: {said}{process.stdout.read()}")
            try:
                yield f"127.0.0.1:{local}"
            finally:
                process.terminate()

    def secret(self, name: str) -> dict[str, str]:
        """A Secret's content as text."""
        found = self.core.read_namespaced_secret(name, self.namespace)
        return {key: base64.b64decode(value).decode() for key, value in (found.data or {}).items()}

    def audit(self) -> None:
        """Wait for the shop's rest (all tasks done), then raise AssertionError with the table of what the books disagree in."""
        with ThreadPoolExecutor(1) as apart, self.forwarded(f"service/{self.object_name('stripe')}", STRIPE_PORT) as at:
            apart.submit(asyncio.run, self._audit(f"http://{at}")).result()

    async def _audit(self, stripe: str) -> None:
        key = self.secret(self.object_name("stripe"))["api-key"]
        own = settings(self.stores.stack, stripe_api_base=stripe, stripe_api_key=key)
        results = await run(own, list(CHECKS), UNTIL_IT_IS_CLEAN, self.began, REST_S, silent)
        assert exit_code(results) == 0, f"the audit found:\n{as_table(results)}"

    # --- within

    def object_name(self, component: str) -> str:
        """What the chart calls the objects of a service, the edge or the stand-in."""
        return f"{self.name}-{component}"

    def report(self) -> str:
        """What isn't ready in the namespace, and why."""
        return Report(self.api, self.namespace).text()

    def _helm(self, verb: str, *arguments: str, values: Values | None = None, timeout: float) -> float:
        began = time.monotonic()
        given = ("--values", "-") if values is not None else ()
        options = ("--namespace", self.namespace, "--wait", "--timeout", f"{timeout:.0f}s", *given)
        text = yaml.safe_dump(dict(values)) if values is not None else None
        answer = self.place.run("helm", verb, *arguments, *options, text=text, timeout=timeout + 60, check=False)
        if answer.returncode:
            raise ClusterError(f"helm {verb} failed:\n{answer.stdout}{answer.stderr}\n{self.report()}")
        took = time.monotonic() - began
        self.progress.say(f"helm {verb} took {took:.0f} s")
        return took


def merged(below: Values, above: Values) -> dict[str, Any]:
    """Both values as one, as helm merges files: `above` wins."""
    both = dict(below)
    for key, value in above.items():
        old = both.get(key)
        both[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return both
