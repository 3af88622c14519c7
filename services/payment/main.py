"""The wiring of payment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from shopmesh.payment.v1.invoice_service_pb2_grpc import add_InvoiceServiceServicer_to_server
from shopmesh.payment.v1.payment_internal_service_pb2_grpc import add_PaymentInternalServiceServicer_to_server
from shopmesh.payment.v1.payment_service_pb2_grpc import add_PaymentServiceServicer_to_server

from services.chassis.channels import Channels
from services.chassis.cli import run
from services.chassis.clock import Clock, utc_now
from services.chassis.consumer import Consumer
from services.chassis.database import Database
from services.chassis.effects import PostgresEffects
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
from services.payment.adapters import doctor
from services.payment.adapters.alarms import LoggedAlarms
from services.payment.adapters.invoice_pdf import TypstRenderer
from services.payment.adapters.invoices import PostgresInvoices
from services.payment.adapters.notices import PostgresNotices, PostgresSweeps, PostgresUnknownCaptures
from services.payment.adapters.obligations import PostgresObligations
from services.payment.adapters.repository import PostgresPayments
from services.payment.adapters.restoring import restored
from services.payment.adapters.stripe_gateway import StripeGateway
from services.payment.adapters.webhook import StripeNoticeReader
from services.payment.api import consumers, invoicing, tasks
from services.payment.api.commands import commands
from services.payment.api.internal_servicer import PaymentInternalServicer
from services.payment.api.invoice_servicer import InvoiceServicer
from services.payment.api.servicer import Config, PaymentServicer
from services.payment.settings import Settings
from services.payment.use_cases.closing import ClosePayment
from services.payment.use_cases.creating import CreatePayment
from services.payment.use_cases.invoicing import Invoicing
from services.payment.use_cases.notices import HandleNotices
from services.payment.use_cases.reading import PaymentReader
from services.payment.use_cases.reconciling import Reconciling
from services.payment.use_cases.refunding import Refunding
from services.payment.use_cases.settling import Settler
from services.payment.use_cases.unknown import UnknownMoney


@dataclass(frozen=True, slots=True)
class Core:
    """The use cases over one database and one Stripe."""

    database: Database
    stripe: StripeGateway
    payments: PostgresPayments
    creating: CreatePayment
    closing: ClosePayment
    reader: PaymentReader
    notices: HandleNotices
    unknown: UnknownMoney
    refunding: Refunding
    reconciling: Reconciling
    invoicing: Invoicing


def core(settings: Settings, clock: Clock = utc_now) -> Core:
    """The use cases that servers, consumer and worker share."""
    database, queue, alarms = Database(settings), Tasks(), LoggedAlarms()
    stripe = StripeGateway(
        settings.stripe_api_key.get_secret_value(), settings.stripe_api_base, settings.stripe_timeout_seconds
    )
    obligations = PostgresObligations(database, queue, clock)
    payments = PostgresPayments(database, Outbox("payment"), queue, obligations, alarms, clock)
    settler = Settler(payments, stripe, clock)
    refunding = Refunding(payments, obligations, stripe, alarms, clock)
    stored, captures = PostgresNotices(database, queue), PostgresUnknownCaptures(database)
    webhook = StripeNoticeReader(settings.webhook_secrets())
    notices = HandleNotices(stored, captures, webhook, payments, settler, refunding, alarms, clock)
    invoices = PostgresInvoices(database, payments, queue, clock, settings.shop_time_zone)
    renderer = TypstRenderer(settings.shop_locale, settings.shop_time_zone, settings.invoice_fonts)
    sweeps, first_window = PostgresSweeps(database), settings.reconcile_window()
    return Core(
        database,
        stripe,
        payments,
        CreatePayment(payments, stripe, settler, clock, settings.currency),
        ClosePayment(payments, settler, clock),
        PaymentReader(payments, stripe, settler),
        notices,
        UnknownMoney(captures, stripe),
        refunding,
        Reconciling(payments, sweeps, stripe, notices, settler, alarms, clock, first_window),
        Invoicing(invoices, renderer),
    )


def assemble(settings: Settings) -> Service:
    """The service."""
    payment, channels = core(settings), Channels(settings)
    config = Config(settings.stripe_publishable_key, settings.currency)
    public = PaymentServicer(payment.reader, payment.notices, payment.refunding, config)
    internal = PaymentInternalServicer(payment.creating, payment.closing, payment.reader, payment.invoicing)
    effects, requests = PostgresEffects(payment.database), PostgresRequests(payment.database)
    events = consumers.handlers(payment.refunding) | invoicing.event_handlers(payment.invoicing, settings.seller())
    return Service(
        public=[
            (add_PaymentServiceServicer_to_server, public),
            (add_InvoiceServiceServicer_to_server, InvoiceServicer(payment.invoicing, payment.reader)),
        ],
        internal=[(add_PaymentInternalServiceServicer_to_server, internal)],
        fetch_keys=signing_keys(channels),
        resources=[payment.database, payment.stripe, channels],
        ready={
            "database": payment.database.check,
            "schema": SchemaCheck(payment.database, Path(__file__).parent),
            "topics": TopicsCheck(payment.database, settings.prefix),
        },
        requests=requests,
        relay=Relay(settings, payment.database, "payment"),
        consumers=[Consumer(settings, consumers.GROUP, consumers.TOPICS, events, effects)],
        worker=_worker(settings, payment, effects, requests),
        looks={"stripe": lambda: _look_at_stripe(settings)},
    )


async def _look_at_stripe(settings: Settings) -> str:
    key = settings.stripe_api_key.get_secret_value()
    public, secrets = settings.stripe_publishable_key, settings.webhook_secrets()
    return await doctor.stripe(key, public, secrets, settings.stripe_api_base)


def _worker(settings: Settings, payment: Core, effects: PostgresEffects, requests: PostgresRequests) -> Worker:
    handlers = tasks.handlers(payment.notices, payment.refunding, payment.closing, payment.reconciling)
    purges = {
        "purge-outbox": purge_outbox(payment.database),
        "purge-inbox": effects.purge,
        "purge-requests": requests.purge,
    }
    return Worker(
        payment.database,
        handlers | invoicing.task_handlers(payment.invoicing) | purges,
        periodic={
            tasks.SETTLE_UNFINISHED: timedelta(seconds=settings.reconcile_seconds),
            tasks.SWEEP_EVENTS: timedelta(seconds=settings.reconcile_seconds),
            tasks.PURGE_NOTICES: timedelta(hours=1),
            "purge-outbox": timedelta(hours=1),
            "purge-requests": timedelta(hours=1),
            "purge-inbox": timedelta(hours=6),
        },
    )


@asynccontextmanager
async def opened() -> AsyncIterator[UnknownMoney]:
    """What the commands drive, by this process's settings."""
    payment = core(load(Settings))
    async with payment.database, payment.stripe:
        yield payment.unknown


def main() -> None:
    """The command line of payment."""
    run("payment", Settings, assemble, Path(__file__).parent, commands(opened), restored)
