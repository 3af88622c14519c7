"""A service's public methods on a real server, called by real stubs with real tokens."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from google.rpc import error_details_pb2
from grpc_health.v1 import health
from grpc_status import rpc_status
from jwt.algorithms import ECAlgorithm

from services.chassis.draining import Draining
from services.chassis.pipeline import Pipeline
from services.chassis.requests import RequestStore
from services.chassis.server import Add, Registration, Server
from services.chassis.tokens import TokenVerifier

_KEY = ec.generate_private_key(ec.SECP256R1())


def bearer(user_id: str, role: str = "CUSTOMER") -> tuple[tuple[str, str], ...]:
    """Metadata of a call by a user with a token."""
    claims = {"iss": "shopmesh", "aud": "shopmesh", "sub": user_id, "roles": [role]}
    end = datetime.now(UTC) + timedelta(minutes=5)
    token = jwt.encode({**claims, "exp": end}, _KEY, algorithm="ES256", headers={"kid": "k1"})
    return (("authorization", f"Bearer {token}"),)


async def _jwks() -> str:
    public = json.loads(ECAlgorithm.to_jwk(_KEY.public_key()))
    return json.dumps({"keys": [{**public, "kid": "k1", "alg": "ES256", "use": "sig"}]})


@asynccontextmanager
async def serving(
    registrations: Sequence[tuple[Add, Any]], store: RequestStore | None = None
) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server with these servicers behind the chassis's pipeline."""
    pipeline = Pipeline(TokenVerifier("shopmesh", "shopmesh", _jwks), store, Draining())
    made = [Registration(*registration) for registration in registrations]
    server = Server("127.0.0.1:0", made, pipeline, health.aio.HealthServicer(), 60)
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield channel
    finally:
        await server.stop(0)


def reason_of(error: grpc.aio.AioRpcError) -> tuple[str, str]:
    """Code and reason of a refused call."""
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    for detail in status.details if status else ():
        if detail.Unpack(info):
            break
    return error.code().name, info.reason
