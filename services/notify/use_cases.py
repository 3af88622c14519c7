"""What notify does."""

from datetime import timedelta

from services.chassis import ids
from services.chassis.clock import Clock
from services.chassis.database import Database
from services.notify.domain import deliveries
from services.notify.domain.deliveries import Delivery, DeliveryState, Message, Postponed, Refused
from services.notify.ports import Alarms, Attachments, Deliveries, Filter, Mails


class Notifications:
    """Announcing, sending and listing messages."""

    def __init__(
        self,
        store: Deliveries,
        mails: Mails,
        attachments: Attachments,
        alarms: Alarms,
        database: Database,
        clock: Clock,
        *,
        shop_name: str,
        mail_domain: str,
        kept: timedelta,
    ) -> None:
        self._store = store
        self._mails = mails
        self._attachments = attachments
        self._alarms = alarms
        self._database = database
        self._clock = clock
        self._shop_name = shop_name
        self._mail_domain = mail_domain
        self._kept = kept

    async def announce(self, message: Message) -> None:
        """Decide on a delivery, once per event, template and recipient; without a recipient (erased) on none."""
        if not message.recipient:
            return
        await self._store.add(
            Delivery(
                id=ids.new("dlv"),
                message=message,
                subject=deliveries.subject_of(message, self._shop_name),
                message_id=deliveries.message_id(message, self._mail_domain),
                state=DeliveryState.PENDING,
                attempts=0,
                last_error="",
                create_time=self._clock(),
            )
        )

    async def send(self, delivery_id: str) -> None:
        """Hand a delivery over, unless it is finished. Postponed where the mail server may take it later."""
        delivery = await self._begin(delivery_id)
        if delivery is None:
            return
        try:
            await self._mails.send(delivery, await self._attachments.of(delivery.message))
        except Refused as error:
            await self._save(deliveries.refused(delivery, str(error)))
            self._alarms.refused(delivery)
        except Postponed as error:
            await self._save(deliveries.postponed(delivery, str(error)))
            raise
        else:
            await self._save(deliveries.sent(delivery, self._clock()))

    async def list(self, wanted: Filter, count: int) -> list[Delivery]:
        """At most ``count`` deliveries, the newest first."""
        return await self._store.list(wanted, count)

    async def purge(self) -> None:
        """Forget messages that were sent, or refused for good, a while ago: they hold addresses."""
        await self._store.purge(self._clock() - self._kept)

    async def _begin(self, delivery_id: str) -> Delivery | None:
        """Record that the delivery is handed over before it is, so that a kill in between is known afterwards."""
        async with self._database.transaction():
            delivery = await self._store.locked(delivery_id)
            if delivery is None or delivery.finished:
                return None
            begun = deliveries.handing_over(delivery)
            await self._store.save(begun)
        if delivery.state is DeliveryState.SENDING:
            self._alarms.possible_duplicate(delivery)
        return begun

    async def _save(self, delivery: Delivery) -> None:
        async with self._database.transaction():
            await self._store.save(delivery)
