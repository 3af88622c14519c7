"""The forge's workflows against .ci/run and the Makefile: nothing here can run them."""

import json
import re
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from deploy.local.bootstrap import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
TARGET = re.compile(r"^\s*make ([a-z-]+)", re.MULTILINE)
EACH = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@cache
def workflow(name: str) -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    return content


def steps(file: Path) -> list[dict[str, Any]]:
    """The steps of all jobs."""
    return [step for job in workflow(file.stem)["jobs"].values() for step in job.get("steps", [])]


def targets(file: Path) -> list[str]:
    """The make targets that are run, in order."""
    return [target for step in steps(file) for target in TARGET.findall(step.get("run", ""))]


def project() -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return content


@EACH
def test_it_follows_the_schema_of_workflows(file: Path) -> None:
    schema = json.loads(
        (files("check_jsonschema") / "builtin_schemas" / "vendor" / "github-workflows.json").read_text()
    )
    content = {"on" if key is True else key: value for key, value in workflow(file.stem).items()}
    jsonschema.Draft7Validator(schema).validate(content)


def test_the_forge_runs_what_ci_runs_in_the_same_order() -> None:
    assert targets(FOLDER / "ci.yml") == TARGET.findall((ROOT / ".ci" / "run").read_text())


@EACH
def test_make_knows_every_target(file: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(targets(file)) <= known


@EACH
def test_actions_are_pinned_by_a_whole_version(file: Path) -> None:
    used = [step["uses"] for step in steps(file) if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w./-]+@v\d+\.\d+\.\d+", action), action


@EACH
def test_a_job_ends_and_may_do_no_more_than_it_says(file: Path) -> None:
    assert workflow(file.stem)["permissions"] == {"contents": "read"}
    for name, job in workflow(file.stem)["jobs"].items():
        assert "uses" in job or job["timeout-minutes"] <= 90, name
        writes = {right for right, level in job.get("permissions", {}).items() if level == "write"}
        assert writes <= {"packages", "id-token"}, name


@EACH
def test_what_others_named_reaches_a_shell_as_a_variable_only(file: Path) -> None:
    """A branch may be called `$(...)`."""
    assert not [step for step in steps(file) if "${{" in step.get("run", "")]


def test_a_release_waits_for_every_check() -> None:
    jobs = workflow("release")["jobs"]
    assert jobs["check"]["uses"] == "./.github/workflows/ci.yml"
    assert "workflow_call" in workflow("ci")[True]
    for name in ("images", "chart", "client"):
        assert reached(jobs, name) >= {"check", "version"}, name


def reached(jobs: dict[str, Any], name: str) -> set[str]:
    """The jobs that a job waits for, also by others."""
    needs = jobs[name].get("needs", [])
    return set(needs).union(*(reached(jobs, each) for each in needs))


def test_a_tag_publishes_images_chart_and_client() -> None:
    release = workflow("release")
    assert release[True] == {"push": {"tags": ["v*"]}}
    assert targets(FOLDER / "release.yml") == ["images", "client"]
    runs = " ".join(step.get("run", "") for step in steps(FOLDER / "release.yml"))
    assert "helm package deploy/helm/shopmesh" in runs
    assert "helm push" in runs
    assert any("pypi-publish" in step.get("uses", "") for step in steps(FOLDER / "release.yml"))


def test_variables_of_the_images_are_those_of_the_bake_file() -> None:
    known = set(re.findall(r'^variable "(\w+)"', (ROOT / "docker-bake.hcl").read_text(), re.MULTILINE))
    (step,) = [step for step in steps(FOLDER / "release.yml") if "make images" in step.get("run", "")]
    assert {*step["env"], *workflow("release")["env"]} <= known


def test_python_is_the_oldest_that_the_project_takes() -> None:
    versions = {step["with"]["python-version"] for file in FILES for step in steps(file) if "setup-python" in str(step)}
    assert versions == {project()["requires-python"].removeprefix(">=")}


@EACH
def test_folders_and_files_that_are_named_are_there(file: Path) -> None:
    text = file.read_text()
    for pattern in re.findall(r"'((?:requirements|deploy)/[^']*)'", text):
        assert list(ROOT.glob(pattern.removesuffix("/**"))), pattern
