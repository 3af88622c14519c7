"""Auth's methods by gRPC."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from shopmesh.auth.v1 import auth_internal_service_pb2 as internal
from shopmesh.auth.v1 import auth_service_pb2 as pb
from shopmesh.auth.v1 import user_pb2
from shopmesh.auth.v1.auth_service_pb2_grpc import AuthServiceStub, add_AuthServiceServicer_to_server

from services.auth.api.internal_servicer import AuthInternalServicer
from services.auth.api.servicer import AuthServicer
from services.auth.main import Core
from services.chassis import ids
from tests.auth.conftest import PASSWORD, somebody
from tests.serving import bearer, reason_of, serving

pytestmark = pytest.mark.stack
ANYTHING: Any = None


@pytest.fixture
async def stub(auth: Core) -> AsyncIterator[Any]:
    servicer = AuthServicer(auth.accounts, auth.log_ins, auth.tokens)
    async with serving([(add_AuthServiceServicer_to_server, servicer)]) as channel:
        yield AuthServiceStub(channel)


def registration(email: str = "", password: str = PASSWORD) -> pb.RegisterRequest:
    return pb.RegisterRequest(email=email or somebody().email, password=password, display_name="Ada", locale="de-AT")


async def refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refused.value


async def test_a_customer_registers_logs_in_refreshes_and_logs_out(stub: Any) -> None:
    request = registration()
    user = await stub.Register(request)
    assert (user.email, user.roles, user.locale) == (request.email, [user_pb2.ROLE_CUSTOMER], "de-AT")
    session = await stub.LogIn(pb.LogInRequest(email=request.email, password=PASSWORD))
    assert session.user == user
    following = await stub.RefreshToken(pb.RefreshTokenRequest(refresh_token=session.refresh_token))
    assert following.user == user
    await stub.LogOut(pb.LogOutRequest(refresh_token=following.refresh_token))
    ended = await refusal(stub.RefreshToken(pb.RefreshTokenRequest(refresh_token=following.refresh_token)))
    assert reason_of(ended) == ("UNAUTHENTICATED", "REFRESH_TOKEN_INVALID")


async def test_what_is_wrong_with_a_registration_is_named(stub: Any) -> None:
    error = await refusal(stub.Register(registration(email="nobody", password="short")))
    named = error_details_pb2.BadRequest()
    status = rpc_status.from_call(error)
    assert any(detail.Unpack(named) for detail in status.details)
    assert {violation.field for violation in named.field_violations} == {"email", "password"}


async def test_a_taken_address_is_refused(stub: Any) -> None:
    request = registration()
    await stub.Register(request)
    assert reason_of(await refusal(stub.Register(request))) == ("ALREADY_EXISTS", "EMAIL_TAKEN")


async def test_too_many_failed_log_ins_say_when_to_come_back(stub: Any) -> None:
    request = pb.LogInRequest(email=somebody().email, password="wrong")
    for _ in range(3):
        assert reason_of(await refusal(stub.LogIn(request))) == ("UNAUTHENTICATED", "INVALID_CREDENTIALS")
    error = await refusal(stub.LogIn(request))
    assert reason_of(error) == ("RESOURCE_EXHAUSTED", "TOO_MANY_FAILED_LOG_INS")
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in rpc_status.from_call(error).details)
    assert 890 < retry.retry_delay.seconds <= 900


async def test_callers_learn_who_they_are(stub: Any, auth: Core) -> None:
    user = await auth.accounts.register(somebody())
    assert (await stub.GetMe(pb.GetMeRequest(), metadata=bearer(user.id))).id == user.id
    assert reason_of(await refusal(stub.GetMe(pb.GetMeRequest())))[0] == "UNAUTHENTICATED"
    gone = await refusal(stub.GetMe(pb.GetMeRequest(), metadata=bearer(ids.new("usr"))))
    assert reason_of(gone) == ("UNAUTHENTICATED", "USER_GONE")


async def test_the_keys_are_published_for_everybody_and_may_be_cached_shorter_than_a_new_one_waits(
    stub: Any, auth: Core
) -> None:
    call = stub.GetJwks(pb.GetJwksRequest())
    document = await call
    assert document.content_type == "application/jwk-set+json"
    assert ("cache-control", "public, max-age=300") in tuple(await call.initial_metadata())
    keys = json.loads(document.data)["keys"]
    assert all(len(b64decode(key["x"] + "=", altchars=b"-_")) == 32 for key in keys)
    servicer = AuthInternalServicer(auth.tokens)
    answer = await servicer.GetSigningKeys(internal.GetSigningKeysRequest(), ANYTHING)
    assert json.loads(answer.jwks)["keys"] == keys
