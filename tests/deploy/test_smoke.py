"""The smoke test reads any shop, and buys only where no money can move."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ops.smoke.cli import main
from ops.smoke.money import judge
from tests.ports import free_port

VARIANT = {"id": "var_1", "sku": "MUG", "stock": "3"}


@dataclass
class Front:
    """An edge that answers what it is told to, and remembers what it was asked."""

    key: str = "pk_test_1"
    products: list[dict[str, Any]] = field(default_factory=lambda: [{"variants": [VARIANT]}])
    away: int = 0
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, request: str) -> tuple[int, dict[str, Any]]:
        self.asked.append(request)
        if self.away > 0:
            self.away -= 1
            return 503, {}
        if request.startswith("GET /api/v1/products"):
            return 200, {"products": self.products}
        return (200, {"publishableKey": self.key}) if request == "GET /api/v1/payment-config" else (404, {})

    @property
    def changes(self) -> list[str]:
        return [each for each in self.asked if not each.startswith("GET")]


@pytest.fixture
def front() -> Iterator[Front]:
    told = Front()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = told.answer(f"{self.command} {self.path}")
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        told.url = f"http://127.0.0.1:{server.server_port}"
        yield told
        server.shutdown()
        thread.join()


def smoke(url: str, *options: str, api_key: str = "", seconds: float = 20) -> Result:
    arguments = ["--url", url, "--seconds", str(seconds), *options]
    return CliRunner().invoke(main, arguments, env={"STRIPE_API_KEY": api_key})


@pytest.mark.parametrize("api_key", ["", "sk_test_1", "rk_test_1"])
def test_test_keys_are_harmless(api_key: str) -> None:
    assert judge("pk_test_1", api_key).harmless


@pytest.mark.parametrize(
    ("publishable", "api_key"),
    [
        ("pk_live_1", "sk_live_1"),
        ("pk_live_1", ""),
        ("pk_test_1", "sk_live_1"),
        ("pk_test_1", "rk_live_1"),
        ("pk_live_1", "sk_test_1"),
        ("pk_test_1", "something"),
        ("something", "sk_test_1"),
        ("", ""),
        ("PK_TEST_1", ""),
        ("sk_test_1", "sk_test_1"),
    ],
)
def test_whatever_is_not_surely_a_test_is_not(publishable: str, api_key: str) -> None:
    assert not judge(publishable, api_key).harmless


@pytest.mark.parametrize(("publishable", "api_key"), [("pk_live_1", ""), ("pk_test_1", "sk_live_1"), ("", "")])
def test_with_a_live_key_nothing_is_asked_of_the_shop_but_to_read(front: Front, publishable: str, api_key: str) -> None:
    front.key = publishable
    said = smoke(front.url, "--buy", api_key=api_key)
    assert said.exit_code == 0
    assert "never charges" in said.output
    assert front.changes == []


@pytest.mark.parametrize(("publishable", "api_key"), [("pk_live_1", "sk_test_1"), ("pk_test_1", "rk_live_1")])
def test_a_live_key_is_called_one(publishable: str, api_key: str) -> None:
    assert "live key" in judge(publishable, api_key).why


def test_no_key_is_ever_printed(front: Front) -> None:
    front.key = "pk_live_51abcdef"
    said = smoke(front.url, "--buy", api_key="sk_live_51abcdef")
    assert "51abcdef" not in said.output


def test_without_the_wish_to_buy_only_the_catalogue_is_read(front: Front) -> None:
    assert smoke(front.url).exit_code == 0
    assert front.asked == ["GET /api/v1/products?pageSize=50"]


def test_an_empty_shop_sells_nothing_and_works_all_the_same(front: Front) -> None:
    front.products = [{"variants": [VARIANT | {"stock": "0"}]}]
    said = smoke(front.url, "--buy")
    assert said.exit_code == 0
    assert "no product is in stock" in said.output
    assert front.changes == []


def test_where_a_purchase_is_demanded_an_empty_shop_fails(front: Front) -> None:
    front.products = []
    assert smoke(front.url, "--must-buy").exit_code == 1


def test_a_shop_that_is_just_starting_is_waited_for(front: Front) -> None:
    front.away = 2
    assert smoke(front.url).exit_code == 0
    assert len(front.asked) == 3


def test_a_shop_that_does_not_come_fails_in_time_and_says_what_it_said(front: Front) -> None:
    front.away = 1000
    said = smoke(front.url, seconds=1)
    assert said.exit_code == 1
    assert "the catalogue cannot be read within 1 s" in said.output
    assert "answered 503" in said.output


def test_where_nobody_listens_it_fails_in_time() -> None:
    said = smoke(f"http://127.0.0.1:{free_port()}", seconds=1)
    assert said.exit_code == 1
    assert "ConnectError" in said.output


def test_a_shop_that_refuses_the_cart_fails_by_the_steps_name(front: Front) -> None:
    said = smoke(front.url, "--buy")
    assert said.exit_code == 1
    assert "FAILED: order one MUG: POST /api/v1/carts answered 404" in said.output
