"""Catalog's public methods."""

from typing import Any

import grpc
from google.protobuf.message import Message
from shopmesh.catalog.v1 import catalog_service_pb2 as pb
from shopmesh.catalog.v1 import category_pb2, product_pb2
from shopmesh.catalog.v1.catalog_service_pb2_grpc import CatalogServiceServicer

from services.catalog.api import mapping
from services.catalog.domain.products import StockedProduct
from services.catalog.use_cases.categories import CategoryUseCases
from services.catalog.use_cases.products import ProductUseCases
from services.catalog.use_cases.stock import StockUseCases
from services.chassis import paging, principal

Context = grpc.aio.ServicerContext[Any, Any]


class CatalogServicer(CatalogServiceServicer):
    """Translates calls to use cases. Access, shape, repeats and errors are the server's pipeline's."""

    def __init__(
        self, products: ProductUseCases, categories: CategoryUseCases, stock: StockUseCases, cache_seconds: int
    ) -> None:
        self._products = products
        self._categories = categories
        self._stock = stock
        self._cache_seconds = cache_seconds

    async def GetProduct(self, request: pb.GetProductRequest, context: Context) -> product_pb2.Product:
        if request.WhichOneof("key") == "slug":
            stocked = await self._products.by_slug(request.slug)
        else:
            stocked = await self._products.get(request.product_id)
        await context.send_initial_metadata(self._headers(stocked))
        return mapping.stocked_to_proto(stocked)

    def _headers(self, stocked: StockedProduct) -> tuple[tuple[str, str], ...]:
        """A weak etag, because the edge compresses; only what is the same for everybody may be kept."""
        anybody = not principal.current().user_id
        control = f"public, max-age={self._cache_seconds}" if anybody else "private, no-cache"
        return ("etag", f'W/"{stocked.etag}"'), ("cache-control", control)

    async def ListProducts(self, request: pb.ListProductsRequest, context: Context) -> pb.ListProductsResponse:
        page = await self._products.page(
            _after(request, "prod"),
            paging.page_size(request.page_size),
            request.category_id,
            archived=request.show_archived and principal.current().is_staff,
        )
        token = paging.next_token(request, [page.products[-1].product.id]) if page.more else ""
        products = [mapping.stocked_to_proto(stocked) for stocked in page.products]
        return pb.ListProductsResponse(products=products, next_page_token=token)

    async def BatchGetProducts(
        self, request: pb.BatchGetProductsRequest, context: Context
    ) -> pb.BatchGetProductsResponse:
        found = await self._products.many(request.product_ids)
        return pb.BatchGetProductsResponse(products=[mapping.stocked_to_proto(stocked) for stocked in found])

    async def CreateProduct(self, request: pb.CreateProductRequest, context: Context) -> product_pb2.Product:
        details = mapping.details_from_proto(request.product)
        return mapping.stocked_to_proto(
            await self._products.create(details, mapping.new_variants_from_proto(request.product))
        )

    async def UpdateProduct(self, request: pb.UpdateProductRequest, context: Context) -> product_pb2.Product:
        product_id = mapping.checked_id("prod", request.product.id, "product.id")
        changes = mapping.changes_from_proto(request.product, request.update_mask.paths)
        return mapping.stocked_to_proto(await self._products.update(product_id, changes))

    async def ArchiveProduct(self, request: pb.ArchiveProductRequest, context: Context) -> product_pb2.Product:
        return mapping.stocked_to_proto(await self._products.archive(request.product_id))

    async def AdjustStock(self, request: pb.AdjustStockRequest, context: Context) -> pb.AdjustStockResponse:
        level = await self._stock.adjust(request.variant_id, request.delta, request.reason)
        return pb.AdjustStockResponse(
            variant_id=level.variant_id, free=level.free, reserved=level.reserved, sold=level.sold
        )

    async def ListCategories(self, request: pb.ListCategoriesRequest, context: Context) -> pb.ListCategoriesResponse:
        size = paging.page_size(request.page_size, default=100, maximum=500)
        page = await self._categories.page(_after(request, "cat"), size)
        token = paging.next_token(request, [page.categories[-1].id]) if page.more else ""
        categories = [mapping.category_to_proto(category) for category in page.categories]
        return pb.ListCategoriesResponse(categories=categories, next_page_token=token)

    async def CreateCategory(self, request: pb.CreateCategoryRequest, context: Context) -> category_pb2.Category:
        given = request.category
        return mapping.category_to_proto(await self._categories.create(given.slug, given.title, given.parent_id))


def _after(request: Message, prefix: str) -> str | None:
    """The id that the page begins behind; None for the first page."""
    keys = paging.last_keys(request)
    return mapping.checked_id(prefix, keys[0] if keys else "", "page_token") if keys is not None else None
