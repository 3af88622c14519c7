"""What arrives at the webhook: Stripe's signature, and what an event is about."""

import json
from collections.abc import Sequence
from typing import Any

import stripe

from services.chassis.errors import InvalidArgument
from services.payment.adapters import stripe_objects
from services.payment.adapters.stripe_requests import EVENT_TYPES
from services.payment.ports import NoticeFacts

Json = dict[str, Any]
TOLERANCE_SECONDS = 300


class StripeNoticeReader:
    """The port ``NoticeReader``; any of the secrets will do, so that one can be replaced without losing a notice."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)

    def verify(self, payload: bytes, signature: str) -> Json:
        """The signed event, cut down to what is read of it."""
        if not any(_signed(payload, signature, secret) for secret in self._secrets):
            raise InvalidArgument("the notice is not signed by Stripe, or too old", reason="SIGNATURE_INVALID")
        return stripe_objects.cut_down(json.loads(payload))

    def concerns_us(self, event: Json) -> bool:
        """Whether its type is handled."""
        return event["type"] in EVENT_TYPES

    def read(self, event: Json) -> NoticeFacts:
        """What it is about."""
        return stripe_objects.facts(event)


def _signed(payload: bytes, signature: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(payload, signature, secret, TOLERANCE_SECONDS)
        return True
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
