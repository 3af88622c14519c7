"""The keys that access tokens are verified with, from the auth service."""

from shopmesh.auth.v1.auth_internal_service_pb2 import GetSigningKeysRequest
from shopmesh.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub

from services.chassis.channels import Channels
from services.chassis.tokens import FetchKeys


def signing_keys(channels: Channels) -> FetchKeys:
    """Fetches the present keys as a JSON Web Key Set."""
    auth = AuthInternalServiceStub(channels.target("auth"))

    async def fetch() -> str:
        answer = await auth.GetSigningKeys(GetSigningKeysRequest())
        return answer.jwks

    return fetch
