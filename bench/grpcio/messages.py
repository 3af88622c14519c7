"""The two messages that travel: a product of about 800 bytes and an order placement of three lines.

The message classes are generated into the cache folder before a run, so they are looked up by name.
"""

import importlib
from typing import Any

_SERVICE = "/bench.grpcio.v1.BenchService"
GET_PRODUCT = f"{_SERVICE}/GetProduct"
PLACE_ORDER = f"{_SERVICE}/PlaceOrder"
CPU_TIME = f"{_SERVICE}/CpuTime"
PEAK_MEMORY = f"{_SERVICE}/PeakMemory"
METHODS = {"product": GET_PRODUCT, "order": PLACE_ORDER}


def types() -> Any:
    """The generated module of bench.proto."""
    return importlib.import_module("bench_pb2")


def product() -> Any:
    """A product with four variants, about 800 bytes on the wire."""
    pb = types()
    return pb.Product(
        id="prod_01h2xcejqtf2nbrexx3vqjhp41",
        slug="merino-crew-neck-jumper",
        title="Merino crew neck jumper",
        description="Fine-gauge merino from one farm, knitted in one piece and washed twice before it is cut. " * 4,
        image_urls=[f"https://img.example.test/products/merino-crew-neck-jumper/{n}.webp" for n in range(3)],
        variants=[_variant(n) for n in range(4)],
    )


def _variant(number: int) -> Any:
    pb = types()
    price = pb.Money(currency_code="EUR", units=89, nanos=900_000_000)
    return pb.Variant(sku=f"MERINO-CREW-{number:03d}", price=price, stock=40 + number)


def get_product_request() -> Any:
    """A valid read of `product()`."""
    return types().GetProductRequest(product_id="prod_01h2xcejqtf2nbrexx3vqjhp41")


def place_order_request() -> Any:
    """A valid order of three lines, about 500 bytes on the wire."""
    pb = types()
    return pb.PlaceOrderRequest(
        request_id="0190a3c4-7b1e-7c2a-9d5f-3b8e6f1a2c4d",
        cart_id="cart_Zk3vX9q1L0sT7bYwR5uN2g",
        cart_etag="W/7-1718035200",
        expected_total=pb.Money(currency_code="EUR", units=269, nanos=700_000_000),
        email="jane.doe@example.test",
        shipping_address=_address(),
        payment_flow=pb.PAYMENT_FLOW_HOSTED,
        success_url="https://shop.example.test/checkout/done",
        lines=[_line(n) for n in range(3)],
    )


def _address() -> Any:
    lines = ["12 Harbour Street", "2nd floor"]
    return types().Address(
        name="Jane Doe",
        lines=lines,
        city="Galway",
        postal_code="H91 E2K1",
        country_code="IE",
    )


def _line(number: int) -> Any:
    pb = types()
    price = pb.Money(currency_code="EUR", units=89, nanos=900_000_000)
    return pb.Line(sku=f"MERINO-CREW-{number:03d}", quantity=1, unit_price=price)
