"""Published events, made of domain objects."""

from shopmesh.auth.v1 import auth_events_pb2

from services.auth.domain.users import User
from services.chassis.protos import timestamp

TOPIC = "user-events"


def user_registered(user: User) -> auth_events_pb2.UserRegistered:
    """The event of a new customer."""
    return auth_events_pb2.UserRegistered(
        user_id=user.id,
        email=user.email,
        display_name=user.display_name,
        locale=user.locale,
        register_time=timestamp(user.create_time),
    )
