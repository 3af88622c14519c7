"""A stand-in process of a test's own, and a receiver of its webhooks."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil
import stripe

from deploy.local.bootstrap import ROOT
from deploy.local.supervisor import wait_until
from tests.ports import free_port
from tests.waiting import until

SECRET = "whsec_first"
NEXT_SECRET = "whsec_second"
API_KEY = "sk_test_shopmesh"
PUBLISHABLE_KEY = "pk_test_shopmesh"


@dataclass
class StandIn:
    """The program under test, as `make up` starts it."""

    state_dir: Path
    webhook_url: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it is ready."""
        options = {
            "LISTEN": f"127.0.0.1:{self.port}",
            "STATE_DIR": str(self.state_dir),
            "WEBHOOK_URL": self.webhook_url,
            "WEBHOOK_SECRET": f"{SECRET} {NEXT_SECRET}",
        }
        environment = os.environ | {f"STRIPE_STANDIN_{name}": value for name, value in options.items()}
        command = [sys.executable, "-m", "deploy.local.stripe", "serve"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        wait_until(self._ready, 15, "the stand-in does not start")

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it in good order."""
        self._end(signal.SIGTERM)

    def resident_mb(self) -> float:
        """Its resident memory."""
        assert self.process
        return psutil.Process(self.process.pid).memory_info().rss / 2**20

    def _end(self, how: signal.Signals) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(10)
            self.process = None

    def _ready(self) -> bool:
        assert self.process
        assert self.process.poll() is None, "the stand-in ended"
        try:
            return httpx.get(f"{self.url}/_control/health").status_code == 200
        except httpx.TransportError:
            return False


@dataclass(frozen=True)
class Notice:
    """One webhook as it arrived, `at` a Unix time; `event` is verified by the official library."""

    at: float
    headers: dict[str, str]
    payload: bytes
    event: stripe.Event


class _Server(ThreadingHTTPServer):
    request_queue_size = 64  # of the usual 5, a connection of 16 at once waits a second for its turn


class Receiver:
    """Takes webhooks, verifies each with the official library, and answers `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.notices: list[Notice] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/stripe"

    @contextmanager
    def running(self) -> Iterator["Receiver"]:
        """Serve while inside."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def types(self, about: str) -> list[str]:
        """Types of the notices whose payload mentions `about`, in the order they came."""
        return [notice.event.type for notice in self.about(about)]

    def about(self, text: str) -> list[Notice]:
        """The notices whose payload mentions a text."""
        return [notice for notice in self.notices if text.encode() in notice.payload]

    async def wait_types(self, about: str, *types: str) -> list[Notice]:
        """Wait until these types came about something; returns all notices about it."""
        await until(lambda: set(types) <= set(self.types(about)), f"{types} about {about}, have {self.types(about)}")
        return self.about(about)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status == 200:
                    event = stripe.Webhook.construct_event(payload, self.headers["Stripe-Signature"], SECRET)
                    receiver.notices.append(Notice(time.time(), dict(self.headers), payload, event))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Stay silent."""

        return Handler
