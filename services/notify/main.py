"""The wiring of notify."""

from datetime import timedelta
from pathlib import Path

from shopmesh.notify.v1.notify_service_pb2_grpc import add_NotifyServiceServicer_to_server

from services.chassis.channels import Channels
from services.chassis.cli import run
from services.chassis.clock import utc_now
from services.chassis.consumer import Consumer
from services.chassis.database import Database
from services.chassis.effects import PostgresEffects
from services.chassis.keys import signing_keys
from services.chassis.outbox import purge_outbox
from services.chassis.relay import Relay
from services.chassis.restoring import TopicsCheck
from services.chassis.revisions import SchemaCheck
from services.chassis.service import Service
from services.chassis.tasks import Tasks
from services.chassis.worker import Worker
from services.notify.adapters import doctor
from services.notify.adapters.alarms import MetricAlarms
from services.notify.adapters.invoices import InvoiceFiles
from services.notify.adapters.rendering import Renderer
from services.notify.adapters.repository import SEND_TASK, PostgresDeliveries
from services.notify.adapters.restoring import restored
from services.notify.adapters.smtp import SmtpMails
from services.notify.api.consumers import order_handlers, payment_handlers, user_handlers
from services.notify.api.servicer import NotifyServicer
from services.notify.api.tasks import purge_deliveries, send_mail
from services.notify.settings import Settings
from services.notify.use_cases import Notifications


def notifications(settings: Settings, database: Database, channels: Channels) -> Notifications:
    """The use cases over a database, the mail server of the settings, and payment's invoices."""
    renderer = Renderer(
        shop_name=settings.shop_name, shop_locale=settings.shop_locale, time_zone=settings.shop_time_zone
    )
    smtp_url, timeout = settings.smtp_url.get_secret_value(), settings.smtp_timeout_seconds
    mails = SmtpMails(smtp_url, settings.mail_from, settings.shop_name, timeout, renderer)
    store = PostgresDeliveries(database, Tasks())
    names = {"shop_name": settings.shop_name, "mail_domain": settings.mail_domain}
    kept = settings.deliveries_kept()
    return Notifications(store, mails, InvoiceFiles(channels), MetricAlarms(), database, utc_now, kept=kept, **names)


def assemble(settings: Settings) -> Service:
    """The service."""
    database, channels = Database(settings), Channels(settings)
    notify = notifications(settings, database, channels)
    effects = PostgresEffects(database)
    return Service(
        public=[(add_NotifyServiceServicer_to_server, NotifyServicer(notify))],
        fetch_keys=signing_keys(channels),
        resources=[database, channels],
        ready={
            "database": database.check,
            "schema": SchemaCheck(database, Path(__file__).parent),
            "topics": TopicsCheck(database, settings.prefix),
        },
        # Its outbox holds the copies of parked events for people.
        relay=Relay(settings, database, "notify"),
        consumers=[
            Consumer(settings, "notify.users", ["user-events"], user_handlers(notify), effects),
            Consumer(settings, "notify.orders", ["order-events"], order_handlers(notify), effects),
            Consumer(settings, "notify.payments", ["payment-events"], payment_handlers(notify), effects),
        ],
        worker=Worker(
            database,
            {
                SEND_TASK: send_mail(notify),
                "purge-deliveries": purge_deliveries(notify),
                "purge-outbox": purge_outbox(database),
                "purge-inbox": effects.purge,
            },
            periodic=dict.fromkeys(("purge-deliveries", "purge-outbox", "purge-inbox"), timedelta(hours=1)),
        ),
        looks={"smtp": lambda: doctor.smtp(settings.smtp_url.get_secret_value())},
    )


def main() -> None:
    """The command line of notify."""
    run("notify", Settings, assemble, Path(__file__).parent, restored=restored)
