"""What catalog announces: topic product-events."""

from collections.abc import Callable

from google.protobuf.message import Message
from shopmesh.catalog.v1 import catalog_events_pb2 as events
from shopmesh.catalog.v1 import product_pb2

from services.catalog.domain.events import ProductArchived, ProductCreated, ProductEvent, ProductUpdated
from services.catalog.domain.products import Product
from services.catalog.domain.stock import StockChange
from services.chassis.database import Transaction
from services.chassis.outbox import Outbox
from services.chassis.protos import timestamp

TOPIC = "product-events"
MESSAGES: dict[type[ProductEvent], type[Message]] = {
    ProductCreated: events.ProductCreated,
    ProductUpdated: events.ProductUpdated,
    ProductArchived: events.ProductArchived,
}


class Outgoing:
    """Writes events to the outbox; ``to_proto`` makes a product's message without its stock."""

    def __init__(self, outbox: Outbox, to_proto: Callable[[Product], product_pb2.Product]) -> None:
        self._outbox = outbox
        self._to_proto = to_proto

    async def product(self, tx: Transaction, event: ProductEvent) -> None:
        """Announces a product as a whole, keyed and sequenced by itself."""
        product = event.product
        message = MESSAGES[type(event)](product=self._to_proto(product))
        await self._outbox.add(tx, message, topic=TOPIC, key=product.id, version=product.version)

    async def stock(self, tx: Transaction, change: StockChange) -> None:
        """Announces a variant's stock, keyed by the variant and sequenced by its stock."""
        level = change.level
        message = events.StockChanged(
            variant_id=level.variant_id,
            product_id=level.product_id,
            received=level.received,
            free=level.free,
            reserved=level.reserved,
            sold=level.sold,
            reason=change.reason,
            order_id=change.order_id,
            change_time=timestamp(change.change_time),
        )
        await self._outbox.add(tx, message, topic=TOPIC, key=level.variant_id, version=level.version)
