"""Money at Stripe for payments that are not here, as a restore leaves it: shown to staff, and given back at their word."""

from collections.abc import Sequence

from services.chassis.errors import NotFound
from services.payment.domain.refunds import RefundFact
from services.payment.ports import Provider, UnknownCapture, UnknownCaptures


class UnknownMoney:
    """There is no order that says whose it is, so nothing is given back by itself: an older backup may know it."""

    def __init__(self, captures: UnknownCaptures, provider: Provider) -> None:
        self._captures = captures
        self._provider = provider

    async def list(self) -> Sequence[UnknownCapture]:
        """All that was ever found, the oldest first."""
        return await self._captures.all()

    async def refund(self, intent_id: str) -> RefundFact:
        """Gives all of it back, once, and again where that failed at the bank. NotFound, ProviderRefusal, ProviderAway."""
        capture = await self._captures.get(intent_id)
        if capture is None:
            raise NotFound("unknown capture", intent_id)
        return await self._provider.refund_all(capture.intent_id, capture.payment_id)
