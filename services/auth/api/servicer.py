"""AuthService: log-ins and tokens."""

from typing import Any

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from grpc.aio import ServicerContext
from shopmesh.auth.v1 import auth_service_pb2 as pb
from shopmesh.auth.v1 import user_pb2
from shopmesh.auth.v1.auth_service_pb2_grpc import AuthServiceServicer

from services.auth.api.mapping import session_message, user_message
from services.auth.use_cases.access_tokens import AccessTokens
from services.auth.use_cases.accounts import Accounts, NewUser
from services.auth.use_cases.log_ins import LogIns
from services.chassis import principal

Context = ServicerContext[Any, Any]
JWKS_CACHED = "public, max-age=300"
"""Verifiers may keep the keys for 5 minutes, well below the time for which a new key only waits."""


class AuthServicer(AuthServiceServicer):
    """The public methods."""

    def __init__(self, accounts: Accounts, log_ins: LogIns, tokens: AccessTokens) -> None:
        self._accounts = accounts
        self._log_ins = log_ins
        self._tokens = tokens

    async def Register(self, request: pb.RegisterRequest, context: Context) -> user_pb2.User:
        new = NewUser(request.email, request.password, request.display_name, request.locale)
        return user_message(await self._accounts.register(new))

    async def LogIn(self, request: pb.LogInRequest, context: Context) -> pb.Session:
        return session_message(await self._log_ins.log_in(request.email, request.password))

    async def RefreshToken(self, request: pb.RefreshTokenRequest, context: Context) -> pb.Session:
        return session_message(await self._log_ins.refresh(request.refresh_token))

    async def LogOut(self, request: pb.LogOutRequest, context: Context) -> Empty:
        await self._log_ins.log_out(request.refresh_token)
        return Empty()

    async def GetMe(self, request: pb.GetMeRequest, context: Context) -> user_pb2.User:
        return user_message(await self._accounts.get(principal.current().user_id or ""))

    async def GetJwks(self, request: pb.GetJwksRequest, context: Context) -> HttpBody:
        jwks = await self._tokens.jwks()
        await context.send_initial_metadata((("cache-control", JWKS_CACHED),))
        return HttpBody(content_type="application/jwk-set+json", data=jwks.encode())
