"""Asks Prometheus' own parser and engine, by a small Go program that is built once for its pins and kept in the cache.

Building it takes half a minute where building all of promtool takes many: it has neither its database nor its clients of
clouds.
"""

import functools
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local import go
from deploy.local.bootstrap import cache_root, digest
from deploy.local.downloads import make_once

SOURCES = Path(__file__).parent / "promql"
Labels = Mapping[str, str]


@dataclass(frozen=True)
class Expression:
    """What an expression is made of; ``errors`` where it is none. ``selectors`` has (metric, labels that choose it)."""

    errors: tuple[str, ...]
    selectors: tuple[tuple[str, frozenset[str]], ...]
    groupings: frozenset[str]

    @property
    def metrics(self) -> frozenset[str]:
        return frozenset(metric for metric, _ in self.selectors)


@dataclass(frozen=True)
class Case:
    """One question: which alerts called ``alert`` fire ``at`` (5m, say) after the series began.

    ``series`` maps a series, such as up{job="a"}, to its values, such as 1 1 0x3, one for each ``interval``.
    """

    alert: str
    at: str
    series: Mapping[str, str]
    interval: str = "1m"

    def asked(self) -> dict[str, Any]:
        series = [{"series": name, "values": values} for name, values in self.series.items()]
        return {"alert": self.alert, "at": self.at, "interval": self.interval, "series": series}


def rule_errors(text: str) -> list[str]:
    """What Prometheus would say against a file of rules; empty where it takes it."""
    (found,) = ask(rules=[text])["rules"]
    return list(found["errors"] or ())


def firing(rules: str, cases: Sequence[Case]) -> list[list[Labels]]:
    """For each case the labels of the alerts that fire; ValueError where a case cannot be evaluated."""
    answers = ask(rules=[rules], tests=[case.asked() for case in cases])["firing"]
    if wrong := [f"{case.alert}: {each['error']}" for case, each in zip(cases, answers, strict=True) if each["error"]]:
        raise ValueError("; ".join(wrong))
    return [list(each["alerts"]) for each in answers]


def expressions(texts: Sequence[str]) -> list[Expression]:
    """What each text says, in their order."""
    return [_expression(each) for each in ask(expressions=list(texts))["expressions"] or ()]


def _expression(found: Mapping[str, Any]) -> Expression:
    selectors = ((each["metric"], frozenset(each["labels"] or ())) for each in found["selectors"] or ())
    return Expression(tuple(found["errors"] or ()), tuple(selectors), frozenset(found["groupings"] or ()))


def ask(**question: Any) -> dict[str, Any]:
    """One run of the program."""
    done = subprocess.run([str(program())], input=json.dumps(question), capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@functools.cache
def program() -> Path:
    """The program, built at its first use."""
    cache = cache_root()
    sources = sorted(path for path in SOURCES.iterdir() if path.suffix in {".go", ".mod", ".sum"})
    home = cache / f"promql-{digest(*sources)[:12]}"
    make_once(home, cache, lambda: _build(cache, home))
    return home / "promql"


def _build(cache: Path, home: Path) -> None:
    folders = {"GOPATH": str(cache / "gopath"), "GOCACHE": str(cache / "gocache"), "GOFLAGS": "-modcacherw"}
    unfinished = home.with_suffix(f".{os.getpid()}")
    command = [
        str(go.program(cache)),
        "build",
        "-mod=readonly",
        "-trimpath",
        "-ldflags=-s -w",
        "-o",
        str(unfinished / "promql"),
        ".",
    ]
    subprocess.run(command, cwd=SOURCES, env={**os.environ, **folders}, check=True)
    unfinished.rename(home)
