"""The checks, one module each, in the order in which they are made and shown."""

from ops.audit.checks import (
    deliveries,
    events_handled,
    events_published,
    invoices,
    ledger,
    order_money,
    product_copies,
    read_model,
    reservations,
    stock,
    stripe_money,
    waiting_orders,
)

CHECKS = tuple(
    module.CHECK
    for module in (
        order_money,
        stripe_money,
        ledger,
        invoices,
        stock,
        reservations,
        waiting_orders,
        deliveries,
        events_published,
        events_handled,
        read_model,
        product_copies,
    )
)
