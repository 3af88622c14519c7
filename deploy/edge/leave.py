"""Takes a running Envoy out of use without cutting a request: what its pod does before it is told to stop."""

import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException

from deploy.edge.listeners import PUBLIC

ACTIVE = f"http.{PUBLIC}.downstream_rq_active"
ASK_EVERY_S = 0.25
ADMIN_TIMEOUT_S = 5.0


class AdminError(RuntimeError):
    """Envoy's administration does not answer, or not as it should."""


def leave(admin: str, least_s: float, most_s: float) -> int:
    """The requests that were left when it returned: 0 but where ``most_s`` was over, as with streams.

    From the first moment ``/healthz`` says 503 and each answer closes its connection (HTTP/2: says GOAWAY), while new
    connections are still taken: whoever has not yet heard that this edge goes is served for ``least_s`` seconds more.
    """
    began = time.monotonic()
    _ask(admin, "POST", "/healthcheck/fail")
    return _wait(lambda: active(admin), began + least_s, began + most_s)


def active(admin: str) -> int:
    """Requests that the public listener has not yet answered."""
    said = _ask(admin, "GET", f"/stats?filter=^{ACTIVE.replace('.', '[.]')}$")
    name, _, number = said.strip().partition(": ")
    if name != ACTIVE or not number.isdigit():
        raise AdminError(f"Envoy's administration at {admin} does not know {ACTIVE}: {said!r}")
    return int(number)


def _wait(left: Callable[[], int], earliest: float, latest: float) -> int:
    while True:
        now, requests = time.monotonic(), left()
        if now >= latest or (not requests and now >= earliest):
            return requests
        time.sleep(ASK_EVERY_S)


def _ask(admin: str, verb: str, path: str) -> str:
    """The body of an answer 200; AdminError says what came instead."""
    with closing(HTTPConnection(admin, timeout=ADMIN_TIMEOUT_S)) as connection:
        try:
            connection.request(verb, path)
            answer = connection.getresponse()
            body = answer.read().decode()
        except (OSError, HTTPException) as error:
            raise AdminError(f"Envoy's administration at {admin} does not answer ({error}); is it running?") from error
    if answer.status != 200:
        raise AdminError(f"Envoy's administration at {admin} answered {answer.status} to {path}: {body.strip()}")
    return body
