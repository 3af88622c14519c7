"""The wiring of catalog."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from shopmesh.catalog.v1.catalog_internal_service_pb2_grpc import add_CatalogInternalServiceServicer_to_server
from shopmesh.catalog.v1.catalog_service_pb2_grpc import add_CatalogServiceServicer_to_server

from services.catalog.adapters.categories import CategoryRepository
from services.catalog.adapters.outgoing import Outgoing
from services.catalog.adapters.prices import PriceReader
from services.catalog.adapters.products import ProductRepository
from services.catalog.adapters.stock import StockRepository
from services.catalog.api.commands import commands
from services.catalog.api.internal_servicer import CatalogInternalServicer
from services.catalog.api.mapping import product_to_proto
from services.catalog.api.servicer import CatalogServicer
from services.catalog.api.tasks import lapse_reservations
from services.catalog.settings import Settings
from services.catalog.use_cases.categories import CategoryUseCases
from services.catalog.use_cases.products import ProductUseCases
from services.catalog.use_cases.stock import StockUseCases
from services.chassis import look_postgres
from services.chassis.channels import Channels
from services.chassis.cli import run
from services.chassis.clock import utc_now
from services.chassis.database import Database
from services.chassis.keys import signing_keys
from services.chassis.outbox import Outbox, purge_outbox
from services.chassis.relay import Relay
from services.chassis.requests import PostgresRequests
from services.chassis.restoring import TopicsCheck
from services.chassis.revisions import SchemaCheck
from services.chassis.service import Service
from services.chassis.settings import load
from services.chassis.worker import Worker


def assemble(settings: Settings) -> Service:
    """The service."""
    database, channels = Database(settings), Channels(settings)
    copy = Database(settings, settings.database_read_url) if settings.database_read_url else database
    read_url = settings.database_read_url.get_secret_value()
    requests = PostgresRequests(database)
    outgoing = Outgoing(Outbox("catalog"), product_to_proto)
    products = ProductUseCases(ProductRepository(database, outgoing, copy), utc_now)
    categories = CategoryUseCases(CategoryRepository(database, copy), utc_now)
    stock = StockUseCases(StockRepository(database, outgoing), PriceReader(database), utc_now)
    sweep = timedelta(seconds=settings.reservation_sweep_seconds)
    servicer = CatalogServicer(products, categories, stock, settings.product_cache_seconds)
    return Service(
        public=[(add_CatalogServiceServicer_to_server, servicer)],
        internal=[(add_CatalogInternalServiceServicer_to_server, CatalogInternalServicer(stock))],
        fetch_keys=signing_keys(channels),
        resources=[database, channels] if copy is database else [database, copy, channels],
        ready={
            "database": database.check,
            "schema": SchemaCheck(database, Path(__file__).parent),
            "topics": TopicsCheck(database, settings.prefix),
        },
        requests=requests,
        relay=Relay(settings, database, "catalog"),
        worker=Worker(
            database,
            {
                "lapse-reservations": lapse_reservations(stock),
                "purge-requests": requests.purge,
                "purge-outbox": purge_outbox(database),
            },
            periodic={
                "lapse-reservations": sweep,
                "purge-requests": timedelta(hours=1),
                "purge-outbox": timedelta(hours=1),
            },
        ),
        looks={"postgres-copy": lambda: look_postgres.postgres_copy(read_url)} if read_url else {},
    )


@asynccontextmanager
async def opened_products() -> AsyncIterator[ProductRepository]:
    """What the commands drive, by this process's settings."""
    database = Database(load(Settings))
    async with database:
        yield ProductRepository(database, Outgoing(Outbox("catalog"), product_to_proto), database)


def main() -> None:
    """The command line of catalog."""
    run("catalog", Settings, assemble, Path(__file__).parent, commands(opened_products))
