"""Random lives of an order: what may be told to it, in any order, more than once."""

import random
from datetime import timedelta

from services.order.domain import saga
from services.order.domain.saga import Input
from tests.order.builders import NOW, euro


def news(chance: random.Random) -> Input:
    """Something that happens to an order, at a random moment."""
    now = NOW + timedelta(seconds=chance.randrange(3600))
    refunded = chance.randint(1, 5)
    possible: list[Input] = [
        saga.PaymentArrived(now, chance.choice(["pay_1", "pay_2"]), euro(2500)),
        saga.PaymentClosed(now),
        saga.StockSold(now),
        saga.StockRefused(now, "INSUFFICIENT_STOCK"),
        saga.CancelAsked(now, ""),
        saga.RefundMade(now, chance.choice(["ref_1", "ref_2", "ref_3"]), euro(100), euro(refunded * 100)),
        saga.RefundFailed(now, chance.choice(["ref_1", "ref_2", "ref_3"]), euro(100), euro(refunded * 100 - 100)),
    ]
    return chance.choice(possible)
