"""Conversions between well-known messages and Python values."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from google.type import money_pb2

from services.chassis.errors import invalid_field
from services.chassis.money import Money, is_currency, minor_digits

NANOS = 1_000_000_000


def money_to_proto(money: Money) -> money_pb2.Money:
    """Minor units as units and nanos, both of the amount's sign."""
    scale = 10 ** minor_digits(money.currency)
    sign = -1 if money.amount < 0 else 1
    units, minor = divmod(abs(money.amount), scale)
    return money_pb2.Money(currency_code=money.currency, units=sign * units, nanos=sign * minor * (NANOS // scale))


def money_from_proto(proto: money_pb2.Money, field: str) -> Money:
    """Integer minor units; InvalidArgument names ``field`` where the currency is unknown or the amount too fine."""
    currency = proto.currency_code
    if not is_currency(currency):
        raise invalid_field(f"{field}.currency_code", f"{currency!r} is not an ISO 4217 code")
    if abs(proto.nanos) >= NANOS or proto.units * proto.nanos < 0:
        raise invalid_field(f"{field}.nanos", "is out of range or of another sign than units")
    scale = 10 ** minor_digits(currency)
    minor, rest = divmod(abs(proto.nanos), NANOS // scale)
    if rest:
        raise invalid_field(f"{field}.nanos", f"is a fraction of the smallest unit of {currency}")
    sign = -1 if proto.units < 0 or proto.nanos < 0 else 1
    return Money(sign * (abs(proto.units) * scale + minor), currency)


def timestamp(moment: datetime) -> Timestamp:
    """A moment with a time zone as a Timestamp."""
    proto = Timestamp()
    proto.FromDatetime(moment.astimezone(UTC))
    return proto


def datetime_of(proto: Timestamp) -> datetime:
    """A Timestamp as a UTC datetime, to the microsecond."""
    return proto.ToDatetime(tzinfo=UTC)
