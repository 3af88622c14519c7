"""What happens to products, as facts."""

from dataclasses import dataclass

from services.catalog.domain.products import Product, ProductState


@dataclass(frozen=True, slots=True)
class ProductCreated:
    """A product was created."""

    product: Product


@dataclass(frozen=True, slots=True)
class ProductUpdated:
    """A product changed, or is told again."""

    product: Product


@dataclass(frozen=True, slots=True)
class ProductArchived:
    """A product was taken off sale."""

    product: Product


ProductEvent = ProductCreated | ProductUpdated | ProductArchived


def event_of(product: Product) -> ProductUpdated | ProductArchived:
    """The event that tells a product's present state after a change."""
    if product.state is ProductState.ARCHIVED:
        return ProductArchived(product)
    return ProductUpdated(product)
