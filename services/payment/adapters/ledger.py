"""The ledger in PostgreSQL: two entries for each transfer, in the transaction of the fact that moved the money."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from services.chassis import ids
from services.chassis.database import Transaction, query
from services.payment.adapters.tables import ledger_entries
from services.payment.domain.ledger import Account, transfers
from services.payment.domain.payment import Payment

_ENTER = query(insert(ledger_entries))


async def write(tx: Transaction, before: Payment, after: Payment, now: datetime) -> None:
    """Enters what moved from one value of a payment to the next."""
    for transfer in transfers(before, after):
        transaction_id = ids.new_uuid()
        for account, sign in ((Account.PROVIDER, 1), (transfer.account, -1)):
            await tx.execute(
                _ENTER,
                id=ids.new_uuid(),
                transaction_id=transaction_id,
                payment_id=ids.uuid_of(after.id),
                kind=transfer.kind,
                subject=transfer.subject,
                account=account,
                amount=sign * transfer.amount.amount,
                currency=transfer.amount.currency,
                entry_time=now,
            )
