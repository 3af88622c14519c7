"""What payment's doctor says of a Stripe that is not as it must be; the stand-in takes any test key."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import stripe as provider

from services.chassis.doctor import Away, Doubtful, Unusable
from services.payment.adapters import doctor
from services.payment.adapters.stripe_requests import EVENT_TYPES, EVENTS

pytestmark = pytest.mark.slow
NONE = {"object": "list", "data": []}
WELL = {"url": f"https://shop.example{doctor.ROUTE}", "status": "enabled", "api_version": provider.api_version}


@contextmanager
def stripe_that_says(answers: dict[str, tuple[int, Any]]) -> Iterator[str]:
    """A server that answers each path so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers[self.path.partition("?")[0]]
            self.send_response(status)
            self.send_header("Stripe-Version", "2026-01-01.test")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def ask(events: tuple[int, Any], webhooks: tuple[int, Any], mode: str = "test") -> str:
    with stripe_that_says({EVENTS: events, doctor.WEBHOOKS: webhooks}) as base:
        return asyncio.run(doctor.stripe(f"sk_{mode}_hidden", f"pk_{mode}_1", ("whsec_1",), base))


def refusal(status: int) -> tuple[int, Any]:
    return status, {"error": {"message": "no", "type": "invalid_request_error"}}


def test_the_mode_and_the_version_are_said() -> None:
    assert "a test key: purchases move no money; version 2026-01-01.test" in ask((200, NONE), (200, NONE))
    assert "a live key: purchases charge real cards" in ask((200, NONE), (200, NONE), "live")


def test_a_restricted_key_need_not_see_webhooks() -> None:
    assert "a test key" in ask((200, NONE), refusal(403))


def test_a_wrong_key_is_refused_and_not_waited_for() -> None:
    with pytest.raises(Unusable, match="check STRIPE_API_KEY") as refused:
        ask(refusal(401), refusal(401))
    assert not isinstance(refused.value, Away)


def test_a_stripe_that_is_ill_may_come_back() -> None:
    with pytest.raises(Away, match="STRIPE_API_BASE"):
        ask(refusal(503), refusal(503))


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        ({"api_version": "2020-01-01"}, "speaks version 2020-01-01"),
        ({"status": "disabled"}, "is disabled"),
        ({"enabled_events": list(EVENT_TYPES[1:])}, f"is not told {EVENT_TYPES[0]}"),
    ],
)
def test_a_webhook_that_is_not_as_we_read_it_is_doubtful(difference: dict[str, Any], said: str) -> None:
    well = {**WELL, "enabled_events": list(EVENT_TYPES)}
    others = {**well, "url": "https://shop.example/other", "status": "disabled"}
    assert ask((200, NONE), (200, {"object": "list", "data": [well, others]}))
    with pytest.raises(Doubtful, match=said):
        ask((200, NONE), (200, {"object": "list", "data": [{**well, **difference}]}))
