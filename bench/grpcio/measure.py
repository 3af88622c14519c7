"""Runs cases in interleaved rounds: every round runs each case once, so that a slow minute hurts all alike."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.grpcio import certificates, environments
from bench.grpcio.cases import Case

Sample = dict[str, float]


class Runner:
    """Starts a server and a client per sample, each on a core of its own where `taskset` and two cores exist."""

    def __init__(self, cache: Path, seconds: float) -> None:
        self._cache, self._seconds = cache, seconds
        self._generated = environments.generate(cache)
        self._certificates = certificates.write(cache / "certificates")
        self.pinned = shutil.which("taskset") is not None and (os.cpu_count() or 1) > 1

    def rounds(self, cases: list[Case], count: int, say: Callable[[str], None]) -> dict[str, list[Sample]]:
        """`count` samples per case, by the case's name. Raises CalledProcessError where a program failed."""
        samples: dict[str, list[Sample]] = {case.name: [] for case in cases}
        for number in range(1, count + 1):
            # Every second round goes backwards: no case always follows the same neighbour.
            for case in cases if number % 2 else reversed(cases):
                samples[case.name].append(self._sample(case))
            last = "  ".join(f"{name}: {taken[-1]['rps']:.0f}" for name, taken in samples.items())
            say(f"round {number}/{count}  {last}")
        return samples

    def _sample(self, case: Case) -> Sample:
        tls = ("--tls", str(self._certificates)) if case.tls else ()
        environment = os.environ | environments.variables(self._generated) | case.environment
        server = [*self._program(case.version, "server", core=1), *case.server, *tls]
        with _serving(server, environment) as port:
            client = [
                *self._program(case.client_version, "client", core=0),
                port,
                *case.client,
                *tls,
            ]
            client += ["--seconds", str(self._seconds)]
            answer = subprocess.run(client, env=environment, check=True, capture_output=True, text=True)
        sample: Sample = json.loads(answer.stdout)
        return sample

    def abuse(self, version: str, kind: str, server: tuple[str, ...]) -> dict[str, Any]:
        """One of `hostile`'s abuses on a fresh server: its outcome and the server's growth in MiB."""
        environment = os.environ | environments.variables(self._generated)
        with _serving([*self._program(version, "server", core=1), *server], environment) as port:
            command = [*self._program(version, "hostile", core=0), port, kind]
            answer = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        result: dict[str, Any] = json.loads(answer.stdout)
        return result

    def _program(self, version: str, module: str, core: int) -> list[str]:
        pin = ["taskset", "-c", str(core)] if self.pinned else []
        return [
            *pin,
            str(environments.python_for(version, self._cache)),
            "-m",
            f"bench.grpcio.{module}",
        ]


@contextmanager
def _serving(command: list[str], environment: dict[str, str]) -> Iterator[str]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise subprocess.CalledProcessError(process.wait(), command)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)
