"""Replacing the webhook's secret: while the two overlap no notice is lost, and afterwards the old one opens nothing."""

import json
import time

import pytest
import stripe

from services.chassis.errors import InvalidArgument
from services.payment.adapters.webhook import StripeNoticeReader

OLD, NEW = "whsec_old", "whsec_new"
BODY = json.dumps({"id": "evt_1", "type": "x", "created": 1, "data": {"object": {"id": "pi_1"}}}).encode()


def signed(*secrets: str) -> str:
    """Stripe signs with every secret that is valid at the moment."""
    moment = int(time.time())
    headers = [stripe.WebhookSignature.generate_signature_header(BODY.decode(), each, moment) for each in secrets]
    return ",".join([f"t={moment}", *(str(header).partition(",")[2] for header in headers)])


@pytest.mark.parametrize(
    ("known", "used"),
    [
        ([OLD], [OLD]),
        ([OLD], [OLD, NEW]),
        ([OLD, NEW], [OLD]),
        ([OLD, NEW], [OLD, NEW]),
        ([OLD, NEW], [NEW]),
        ([NEW, OLD], [OLD]),
        ([NEW], [OLD, NEW]),
        ([NEW], [NEW]),
    ],
)
def test_no_step_of_a_rotation_loses_a_notice(known: list[str], used: list[str]) -> None:
    assert StripeNoticeReader(known).verify(BODY, signed(*used))["id"] == "evt_1"


@pytest.mark.parametrize("known", [[NEW], []])
def test_after_the_rotation_the_old_secret_signs_nothing(known: list[str]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        StripeNoticeReader(known).verify(BODY, signed(OLD))
    assert refused.value.reason == "SIGNATURE_INVALID"
