"""AuthInternalService: what other services need to verify tokens."""

from typing import Any

from grpc.aio import ServicerContext
from shopmesh.auth.v1 import auth_internal_service_pb2 as pb
from shopmesh.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceServicer

from services.auth.use_cases.access_tokens import AccessTokens

Context = ServicerContext[Any, Any]


class AuthInternalServicer(AuthInternalServiceServicer):
    """The internal methods."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    async def GetSigningKeys(self, request: pb.GetSigningKeysRequest, context: Context) -> pb.GetSigningKeysResponse:
        return pb.GetSigningKeysResponse(jwks=await self._tokens.jwks())
