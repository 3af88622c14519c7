"""The vendor's own judge: `stripe-mock`, built from its pinned Go module, and the OpenAPI document it carries."""

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from deploy.local import go
from deploy.local.bootstrap import cache_root
from deploy.local.downloads import make_once
from deploy.local.supervisor import wait_until
from tests.ports import free_port

MODULE = "github.com/stripe/stripe-mock"
PIN = f"{MODULE}@v0.203.0"
Json = dict[str, Any]


@functools.cache
def installed() -> Path:
    """The folder with the program `stripe-mock` and its `spec3.json`, filled at the first use and kept."""
    cache = cache_root()
    home = cache / PIN.rsplit("/", 1)[-1]
    make_once(home / "spec3.json", cache, lambda: _install(cache, home))
    return home


def _install(cache: Path, home: Path) -> None:
    environment = {
        **os.environ,
        "GOBIN": str(home),
        "GOPATH": str(cache / "gopath"),
        "GOCACHE": str(cache / "gocache"),
        "GOFLAGS": "-modcacherw",
    }
    subprocess.run([str(go.program(cache)), "install", PIN], env=environment, check=True)
    spec = cache / "gopath" / "pkg" / "mod" / PIN / "embedded" / "openapi" / "spec3.json"
    shutil.copy(spec, home / "spec3.json")


@contextmanager
def running() -> Iterator[str]:
    """stripe-mock on a free port; its address."""
    port = free_port()
    command = [str(installed() / "stripe-mock"), "-http-addr", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url), 15, "stripe-mock does not start")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code > 0
    except httpx.TransportError:
        return False


@functools.cache
def schemas() -> Json:
    """The vendor's components with `nullable` read as "or null", as JSON Schema 2020-12 says it."""
    document = json.loads((installed() / "spec3.json").read_text())
    components: Json = _with_nulls(document["components"])
    return components


def _with_nulls(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_nulls(item) for item in node]
    if not isinstance(node, dict):
        return node
    rest = {name: _with_nulls(value) for name, value in node.items() if name != "nullable"}
    return {"anyOf": [rest, {"type": "null"}]} if node.get("nullable") is True else rest


def problems(answer: Json) -> list[str]:
    """How an answer departs from the vendor's schema of its kind; empty when it doesn't. Lists are judged by item."""
    if answer["object"] == "list":
        return [problem for item in answer["data"] for problem in problems(item)]
    reference = {"$ref": f"#/components/schemas/{answer['object']}", "components": schemas()}
    return [
        f"{answer['object']}.{'.'.join(map(str, error.path))}: {error.message[:200]}"
        for error in Draft202012Validator(reference).iter_errors(answer)
    ]
