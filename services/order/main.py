"""The order service's wiring."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from shopmesh.order.v1.order_service_pb2_grpc import add_OrderServiceServicer_to_server

from services.chassis import telemetry
from services.chassis.channels import Channels
from services.chassis.cli import run
from services.chassis.clock import utc_now
from services.chassis.consumer import Consumer
from services.chassis.database import Database
from services.chassis.effects import DirectEffects, PostgresEffects
from services.chassis.keys import signing_keys
from services.chassis.outbox import Outbox, purge_outbox
from services.chassis.relay import Relay
from services.chassis.requests import PostgresRequests
from services.chassis.restoring import TopicsCheck
from services.chassis.revisions import SchemaCheck
from services.chassis.service import Service
from services.chassis.settings import load
from services.chassis.tasks import Tasks
from services.chassis.worker import Worker
from services.order.adapters import doctor
from services.order.adapters.alarms import LoggedAlarms
from services.order.adapters.gateways import CartGateway, CatalogGateway, PaymentGateway
from services.order.adapters.lists import OrderListStore
from services.order.adapters.placements import PlacementRepository
from services.order.adapters.repository import OrderRepository
from services.order.adapters.restoring import restored
from services.order.api import consumers, tasks
from services.order.api.commands import commands
from services.order.api.loops import Loop
from services.order.api.servicer import OrderServicer
from services.order.settings import Settings
from services.order.use_cases.listing import Listing
from services.order.use_cases.placing import PlaceOrder, Policy
from services.order.use_cases.reading import Reading
from services.order.use_cases.saga import Saga
from services.order.use_cases.watching import StuckOrders

MEND_SECONDS = 1.0
WATCH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Core:
    """The use cases, over one database, one read model and the other services."""

    database: Database
    channels: Channels
    lists: OrderListStore
    placements: PlacementRepository
    place_order: PlaceOrder
    reading: Reading
    saga: Saga
    listing: Listing
    stuck: StuckOrders


def core(settings: Settings) -> Core:
    """The use cases that methods, handlers, tasks and commands share."""
    database, channels, queue, alarms = Database(settings), Channels(settings), Tasks(), LoggedAlarms()
    orders = OrderRepository(database, Outbox("order"), queue, alarms)
    placements = PlacementRepository(database, queue, utc_now)
    lists = OrderListStore(settings.mongodb_uri.get_secret_value(), settings.mongodb_database, database, utc_now)
    carts, catalog, payments = CartGateway(channels), CatalogGateway(channels), PaymentGateway(channels)
    keys, policy = settings.token_keys(), _policy(settings)
    seconds = {"poll_seconds": settings.watch_poll_seconds, "ping_seconds": settings.watch_ping_seconds}
    meter = telemetry.meter()
    oldest_paid = meter.create_gauge(
        "shopmesh_order_paid_unconfirmed_seconds", description="Age of the oldest order that is paid but not confirmed."
    )
    longest_overdue = meter.create_gauge(
        "shopmesh_order_overdue_unpaid_seconds",
        description="How long ago the first deadline of an unpaid order passed.",
    )
    return Core(
        database=database,
        channels=channels,
        lists=lists,
        placements=placements,
        place_order=PlaceOrder(database, orders, placements, carts, catalog, payments, keys, policy, utc_now),
        reading=Reading(orders, lists, utc_now, **seconds),
        saga=Saga(database, orders, placements, catalog, payments, utc_now),
        listing=Listing(orders, lists),
        stuck=StuckOrders(orders, oldest_paid, longest_overdue, alarms, settings.stuck_after(), utc_now),
    )


def assemble(settings: Settings) -> Service:
    """The service."""
    order = core(settings)
    database = order.database
    requests, inbox = PostgresRequests(database), PostgresEffects(database)
    handlers = {
        **tasks.handlers(order.saga, order.placements, utc_now),
        "purge-outbox": purge_outbox(database),
        "purge-inbox": inbox.purge,
        "purge-requests": requests.purge,
    }
    hourly = dict.fromkeys(["purge-outbox", "purge-inbox", "purge-requests"], timedelta(hours=1))
    payments, view = consumers.payment_handlers(order.saga), consumers.view_handlers(order.listing)
    return Service(
        public=[(add_OrderServiceServicer_to_server, OrderServicer(order.place_order, order.reading))],
        fetch_keys=signing_keys(order.channels),
        resources=[database, order.lists, order.channels],
        ready={
            "database": database.check,
            "schema": SchemaCheck(database, Path(__file__).parent),
            "topics": TopicsCheck(database, settings.prefix),
        },
        checks={"lists": order.lists.check},
        requests=requests,
        relay=Relay(settings, database, "order"),
        consumers=[
            Consumer(settings, consumers.PAYMENTS_GROUP, ["payment-events"], payments, inbox),
            Consumer(settings, consumers.VIEW_GROUP, ["order-events"], view, DirectEffects()),
        ],
        worker=Worker(database, handlers, tasks.PERIODIC | hourly),
        background=[
            Loop("lists", order.listing.mend, MEND_SECONDS),
            Loop("stuck", order.stuck.look, WATCH_SECONDS),
        ],
        looks={"mongodb": lambda: doctor.mongodb(settings.mongodb_uri.get_secret_value(), settings.mongodb_database)},
    )


def _policy(settings: Settings) -> Policy:
    return Policy(
        currency=settings.currency,
        redirect_allow_list=settings.redirect_allow_list(),
        deadline=settings.order_deadline(),
        reservation_life=settings.reservation_life(),
        abandon_after=settings.abandon_after(),
        max_unpaid_units=settings.max_unpaid_units_per_buyer,
    )


@asynccontextmanager
async def opened() -> AsyncIterator[Listing]:
    """What the commands drive, by this process's settings."""
    order = core(load(Settings))
    async with order.database, order.lists:
        yield order.listing


def main() -> None:
    """The command line of order."""
    run("order", Settings, assemble, Path(__file__).parent, commands(opened), restored)
