"""What order's settings promise of each other."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.order.settings import Settings
from tests.access.contracts import public_methods

LEAST_SLACK = 60


def told(**given: Any) -> Settings:
    return Settings(order_token_keys="k1:" + "a2tr" * 11, **given)


@pytest.mark.parametrize("deadline", [1, 1800, 86400])
def test_stock_is_held_for_longer_than_placing_may_take_and_the_order_can_be_paid(deadline: int) -> None:
    settings = told(order_deadline_seconds=deadline, reservation_slack_seconds=LEAST_SLACK)
    placing = timedelta(seconds=public_methods()["OrderService.PlaceOrder"].deadline)
    assert settings.reservation_life() > placing + settings.order_deadline()


def test_a_shorter_slack_is_refused() -> None:
    with pytest.raises(ValidationError, match="reservation_slack_seconds"):
        told(reservation_slack_seconds=LEAST_SLACK - 1)
