"""Which consumer groups keep an inbox in PostgreSQL, and for which events. A test holds this against the services."""

from dataclasses import dataclass

_ORDER, _PAYMENT, _AUTH = "shopmesh.order.v1.", "shopmesh.payment.v1.", "shopmesh.auth.v1."


@dataclass(frozen=True, slots=True)
class Group:
    """The group `name` of the service `consumer`, which handles these `types` of `producer`'s `topic`."""

    name: str
    consumer: str
    producer: str
    topic: str
    types: frozenset[str]


GROUPS = (
    Group(
        "order.payments",
        *("order", "payment", "payment-events"),
        types=frozenset(f"{_PAYMENT}{each}" for each in ("PaymentSucceeded", "PaymentRefunded", "PaymentRefundFailed")),
    ),
    Group(
        "payment.orders",
        *("payment", "order", "order-events"),
        types=frozenset({f"{_ORDER}OrderConfirmed", f"{_ORDER}OrderRejected", f"{_ORDER}OrderCanceled"}),
    ),
    Group("notify.users", *("notify", "auth", "user-events"), types=frozenset({f"{_AUTH}UserRegistered"})),
    Group("notify.orders", *("notify", "order", "order-events"), types=frozenset({f"{_ORDER}OrderConfirmed"})),
    Group(
        "notify.payments",
        *("notify", "payment", "payment-events"),
        types=frozenset(f"{_PAYMENT}{each}" for each in ("PaymentAttemptDeclined", "PaymentRefunded", "InvoiceIssued")),
    ),
)
