"""The catalog's own answer for variants that the copies lack."""

from collections.abc import Sequence

from shopmesh.catalog.v1 import catalog_internal_service_pb2 as pb
from shopmesh.catalog.v1.catalog_internal_service_pb2_grpc import CatalogInternalServiceStub

from services.cart.domain.products import Offer
from services.chassis.channels import Channels
from services.chassis.protos import money_from_proto


class CatalogPrices:
    """The port ``Prices``, by PriceLines."""

    def __init__(self, channels: Channels, currency: str) -> None:
        self._stub = CatalogInternalServiceStub(channels.target("catalog"))
        self._currency = currency

    async def offers(self, variant_ids: Sequence[str]) -> dict[str, Offer]:
        """Offers that can be bought, by variant id; Unavailable where the catalog is away."""
        request = pb.PriceLinesRequest(variant_ids=variant_ids, currency_code=self._currency)
        priced: pb.PriceLinesResponse = await self._stub.PriceLines(request)
        return {variant.variant_id: _offer(variant) for variant in priced.variants}


def _offer(variant: pb.PricedVariant) -> Offer:
    return Offer(
        variant_id=variant.variant_id,
        product_id=variant.product_id,
        sku=variant.sku,
        title=variant.title,
        variant_title=variant.variant_title,
        image_url=variant.image_url,
        unit_price=money_from_proto(variant.unit_price, "unit_price"),
    )
