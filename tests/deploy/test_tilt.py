"""The Tiltfile names only what is there: what is taken away is refused by its name."""

import os
import tarfile
from io import BytesIO
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from deploy.local.bootstrap import ROOT
from deploy.tilt import live
from deploy.tilt.__main__ import main
from deploy.tilt.checks import cluster_files, complaints
from deploy.tilt.recording import TiltfileError

pytestmark = pytest.mark.slow

TEXT = (ROOT / "Tiltfile").read_text()


def changed(old: str, new: str) -> list[str]:
    """What is said of the Tiltfile with this change."""
    assert old in TEXT
    return complaints(ROOT, TEXT.replace(old, new))


def test_the_tiltfile_fits_the_tree_and_the_chart() -> None:
    assert complaints(ROOT, TEXT) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("edge.Dockerfile", "gone.Dockerfile", "image shopmesh/edge: deploy/images/gone.Dockerfile is not in the tree"),
        ('"proto", ', '"protos", ', "image shopmesh/edge: protos is not in the tree"),
        ('"requirements", "services"', '"services"', "requirements/runtime.lock, which `only` leaves out"),
        ('sync("services"', 'sync("servers"', "sync names servers, which is not in the tree"),
        ("/live/services", "/app/services", "/app/services lies on no volume of the container auth"),
        ('"shopmesh/stripe"', '"shopmesh/paid"', "image shopmesh/stripe: pods run it and nothing builds it"),
        ('"shopmesh/stripe"', '"shopmesh/paid"', "image shopmesh/paid: no pod of the chart runs it"),
        ('k8s_yaml("deploy/kind/traces.yaml")', 'k8s_yaml("deploy/kind/gone.yaml")', "deploy/kind/gone.yaml is not in"),
        ('    "traces", labels', '    "tracer", labels', "0 workloads are called tracer"),
        ("port_forward(8080, 8080", "port_forward(8080, 8090", "forwards to port 8090, which no container"),
        ("port_forward(8121, 8121", "port_forward(8080, 8121", "port 8080: is forwarded 2 times"),
        ("localhost:16686", "localhost:16687", "links to http://localhost:16687, whose port nothing forwards"),
        ('["edge", "auth", "catalog"]', '["edge", "author"]', "depends on author, which is no resource"),
        ('["deploy.tilt", "seed"', '["deploy.tilt", "sow"', "resource seed: deploy.tilt sow"),
        ('["deploy.contracts", "check"]', '["contracts", "check"]', "there is no module contracts"),
        (
            ':8080"',
            ':8081"',
            "resource seed: calls http://localhost:8081, whose port leads to nothing that it waits for",
        ),
        (
            ':8080"',
            ':8081"',
            "resource demo: calls http://localhost:8081, whose port leads to nothing that it waits for",
        ),
        ('["edge", "auth", "catalog"]', '["auth", "catalog"]', "resource seed: calls http://localhost:8080"),
        (', "payment"]', "]", "resource payment: is a service, and stands in ['stores']"),
        (', "payment"]', ', "payment", "stripe"]', "resource stripe: is no service, and stands in ['services']"),
        ("        auto_init=False,\n", "", "resource seed: a button must wait to be pressed"),
        ('labels=["do"]', "labels=[]", "resource seed: stands in no group"),
        ("kind-shopmesh", "kind-other", "the cluster of deploy/kind is kind-shopmesh"),
        ('"--skip-tests"]', '"--skip-tests", "--set=dev.liveUpdate=false"]', "runs no services.chassis.reloading"),
        (
            '        sync("services"',
            '        run("true"),\n        sync("services"',
            "must fall back, then sync, then run",
        ),
        ("k8s_yaml(objects)", "k8s_yaml(rendered)", "Secrets are left to Tilt"),
        ('":" + o["kind"].lower()', '":" + "pod"', "0 objects are shopmesh-auth:pod"),
    ],
)
def test_what_is_not_there_is_refused_by_name(old: str, new: str, said: str) -> None:
    found = changed(old, new)
    assert any(said in line for line in found), found


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("cluster.yaml", "  - role: worker\n", "", "there must be three workers"),
        ("cluster.yaml", "name: shopmesh\n", "name: other\n", "the cluster of deploy/kind is kind-other"),
        ("registry.yaml", "localhost:5005", "localhost:5006", "another port than 5006"),
        ("down.sh", "shopmesh-registry", "registry", "down.sh: names another registry"),
        ("up.sh", "\ndone\n", "\n", "up.sh: is no shell script"),
    ],
)
def test_the_clusters_files_fit_each_other(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    copytree(ROOT / "deploy" / "kind", tmp_path / "deploy" / "kind")
    assert list(cluster_files(tmp_path, ["kind-shopmesh"])) == []
    path = tmp_path / "deploy" / "kind" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert any(said in line for line in cluster_files(tmp_path, ["kind-shopmesh"]))


def test_a_workload_of_the_chart_that_the_tiltfile_forgets_is_named() -> None:
    first = "        first = name not in found\n"
    found = changed(first, f'        if name == "catalog":\n            continue\n{first}')
    assert "workload shopmesh-catalog: is no resource of the page" in found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dockerfile=", "docker_file=", "docker_file"),
        ("watch_file(CHART)", "watch_folder(CHART)", "watch_folder"),
        ('VALUES = "deploy/helm/dev.yaml"', 'VALUES = "deploy/helm/gone.yaml"', "gone.yaml"),
        ('    "smtp": [', '    "smpt": [', "FORWARDS or LINKS name smpt, which is no component"),
        ('    "edge": [link', '    "egde": [link', "FORWARDS or LINKS name egde, which is no component"),
        ('"kubectl apply', '"rm -r', "only helm and kubectl are known here, not rm"),
    ],
)
def test_what_tilt_would_not_understand_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(TiltfileError, match=said):
        changed(old, new)


def test_where_programs_are_missing_they_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "helm").write_text("#!/bin/sh\n")
    (tmp_path / "helm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(main, ["ci"])
    assert result.exit_code == 1
    assert "missing for `tilt ci`: tilt, kind, kubectl, docker;" in result.output


KUBECTL = """#!/bin/sh
echo "$@" > {folder}/asked
while [ "$1" != -- ]; do shift; done
shift 3
eval "$(echo "$1" | sed 's|/live|{folder}/live|; s|kill -HUP 1|touch {folder}/renewed|')"
"""
"""Does here what the real one would have the pod do."""


def test_an_edited_file_is_copied_and_the_service_renewed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / "kubectl").write_text(KUBECTL.format(folder=tmp_path))
    (tmp_path / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    edited = tmp_path / "tree" / "services" / "catalog" / "main.py"
    edited.parent.mkdir(parents=True)
    edited.write_text("print('edited')\n")
    live.update("pod-1", "catalog", [edited], ["--kubeconfig", "other"], root=tmp_path / "tree")
    assert (tmp_path / "live/services/catalog/main.py").read_text() == "print('edited')\n"
    assert (tmp_path / "renewed").exists()
    assert (
        (tmp_path / "asked").read_text().startswith("--kubeconfig other exec --stdin pod-1 --container catalog -- sh")
    )


def test_a_pod_is_given_the_edited_files_by_their_place_in_the_tree() -> None:
    given = live.archive([ROOT / "services" / "catalog" / "main.py"], ROOT)
    with tarfile.open(fileobj=BytesIO(given)) as tar:
        assert tar.getnames() == ["services/catalog/main.py"]
