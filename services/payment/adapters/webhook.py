"""What arrives at the webhook: Stripe's signature, and what an event is about."""

import json
from collections.abc import Sequence
from typing import Any

import stripe

from services.chassis.errors import InvalidArgument
from services.payment.adapters import stripe_objects
from services.payment.ports import NoticeFacts

Json = dict[str, Any]
TOLERANCE_SECONDS = 300
_HANDLED = (
    "checkout.session.completed checkout.session.expired checkout.session.async_payment_succeeded"
    " checkout.session.async_payment_failed payment_intent.succeeded payment_intent.payment_failed"
    " payment_intent.canceled payment_intent.processing refund.created refund.updated refund.failed charge.refunded"
    " charge.dispute.created charge.dispute.updated charge.dispute.closed charge.dispute.funds_withdrawn"
    " charge.dispute.funds_reinstated"
)

_KEPT = (
    "id type created data object status payment_status payment_intent amount amount_received amount_total currency url"
    " last_payment_error charge decline_code code message failure_reason metadata"
)
"""What ``stripe_objects`` reads of an event. The rest, with names, addresses and client secrets, is not stored."""


class StripeNoticeReader:
    """The port ``NoticeReader``; any of the secrets will do, so that one can be replaced without losing a notice."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)

    def verify(self, payload: bytes, signature: str) -> Json:
        """The signed event, cut down to what is read of it."""
        if not any(_signed(payload, signature, secret) for secret in self._secrets):
            raise InvalidArgument("the notice is not signed by Stripe, or too old", reason="SIGNATURE_INVALID")
        return _cut_down(json.loads(payload))

    def concerns_us(self, event: Json) -> bool:
        """Whether its type is handled."""
        return event["type"] in _HANDLED.split()

    def read(self, event: Json) -> NoticeFacts:
        """What it is about."""
        return stripe_objects.facts(event)


def _cut_down(found: Json) -> Json:
    """Only what is in the list, at every depth; metadata is ours and stays whole."""
    kept = {name: value for name, value in found.items() if name in _KEPT.split()}
    return {name: _cut_down(value) if _is_nested(name, value) else value for name, value in kept.items()}


def _is_nested(name: str, value: Any) -> bool:
    return name != "metadata" and isinstance(value, dict)


def _signed(payload: bytes, signature: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(payload, signature, secret, TOLERANCE_SECONDS)
        return True
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
