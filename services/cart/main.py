"""The wiring of cart."""

from contextlib import aclosing
from pathlib import Path

from shopmesh.cart.v1.cart_internal_service_pb2_grpc import add_CartInternalServiceServicer_to_server
from shopmesh.cart.v1.cart_service_pb2_grpc import add_CartServiceServicer_to_server

from services.cart.adapters import doctor
from services.cart.adapters.carts import ValkeyCarts
from services.cart.adapters.dead_letters import KafkaDeadLetterCopies
from services.cart.adapters.effects import ValkeyEffects
from services.cart.adapters.prices import CatalogPrices
from services.cart.adapters.products import ValkeyProducts
from services.cart.adapters.valkey import ServerCheck, connect
from services.cart.api.consumers import order_handlers, product_handlers
from services.cart.api.internal_servicer import CartInternalServicer
from services.cart.api.servicer import CartServicer
from services.cart.settings import Settings
from services.cart.use_cases import CartUseCases, Catalog
from services.chassis.channels import Channels
from services.chassis.cli import run
from services.chassis.clock import utc_now
from services.chassis.consumer import Consumer
from services.chassis.keys import signing_keys
from services.chassis.service import Service


def assemble(settings: Settings) -> Service:
    """The service."""
    valkey = connect(settings.valkey_url.get_secret_value(), settings.valkey_pool_size)
    channels = Channels(settings)
    products = ValkeyProducts(valkey, settings.currency)
    catalog = Catalog(products, CatalogPrices(channels, settings.currency))
    carts = CartUseCases(ValkeyCarts(valkey, utc_now), catalog, settings.lives(), settings.id_key(), utc_now)
    effects = ValkeyEffects(valkey, KafkaDeadLetterCopies(settings))
    return Service(
        public=[(add_CartServiceServicer_to_server, CartServicer(carts, settings.currency))],
        internal=[(add_CartInternalServiceServicer_to_server, CartInternalServicer(carts))],
        fetch_keys=signing_keys(channels),
        resources=[aclosing(valkey), channels],
        ready={"valkey": ServerCheck(valkey)},
        consumers=[
            Consumer(settings, "cart.orders", ["order-events"], order_handlers(carts), effects),
            Consumer(settings, "cart.products", ["product-events"], product_handlers(products), effects),
        ],
        looks={"valkey": lambda: doctor.valkey(settings.valkey_url.get_secret_value())},
    )


def main() -> None:
    """The command line of cart."""
    run("cart", Settings, assemble, Path(__file__).parent)
