"""Domain objects as messages."""

from shopmesh.auth.v1 import auth_service_pb2, user_pb2

from services.auth.domain.users import Role, User
from services.auth.use_cases.log_ins import TokenPair
from services.chassis.protos import timestamp

_ROLES = {
    Role.CUSTOMER: user_pb2.ROLE_CUSTOMER,
    Role.STAFF: user_pb2.ROLE_STAFF,
    Role.ADMIN: user_pb2.ROLE_ADMIN,
}


def user_message(user: User) -> user_pb2.User:
    """A user as answered to themselves."""
    return user_pb2.User(
        id=user.id,
        email=user.email,
        display_name=user.display_name,
        locale=user.locale,
        roles=[_ROLES[role] for role in user.roles],
        create_time=timestamp(user.create_time),
    )


def session_message(pair: TokenPair) -> auth_service_pb2.Session:
    """A session's tokens."""
    return auth_service_pb2.Session(
        access_token=pair.access.token,
        access_expire_time=timestamp(pair.access.expire_time),
        refresh_token=pair.refresh_token,
        refresh_expire_time=timestamp(pair.refresh_expire_time),
        user=user_message(pair.user),
    )
