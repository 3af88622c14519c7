"""The parts of the stack, in the order they are listed and started. A new one is a module and a line here."""

from deploy.local.components.base import Component
from deploy.local.components.edge import Edge
from deploy.local.components.kafka import Kafka
from deploy.local.components.mail import Mail
from deploy.local.components.media import Media
from deploy.local.components.mongo import Mongo
from deploy.local.components.otlp import OtlpBridge
from deploy.local.components.postgres import Postgres
from deploy.local.components.service import Service
from deploy.local.components.stripe import Stripe
from deploy.local.components.traces import Traces
from deploy.local.components.valkey import Valkey
from deploy.local.installation import KAFKA_NODES, SERVICES

COMPONENTS: tuple[Component, ...] = (
    Postgres(),
    *(Kafka(name) for name in KAFKA_NODES),
    Mongo(),
    Valkey(),
    Mail(),
    Traces(),
    OtlpBridge(),
    Media(),
    Stripe(),
    *(Service(name) for name in SERVICES),
    Edge(),
)
