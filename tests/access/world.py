"""Somebody's resources in the shop, and the people who may or may not touch them, by native gRPC at the edge."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

import grpc
from google.protobuf.message import Message

from services.chassis.rules import Method
from tests.e2e.shop import Shop, Variant
from tests.e2e.shopper import Purchase, Shopper

TIMEOUT_S = 30


class Caller(StrEnum):
    """Who calls; OWNER is whom the resources belong to."""

    ANONYMOUS = "anonymous"
    OTHER = "other customer"
    OWNER = "owner"
    STAFF = "staff"
    ADMIN = "admin"


@dataclass
class World:
    """The owner has an order and a cart that holds `variant`; a guest has a cart of it; nobody holds `spare`."""

    shop: Shop
    owner: Shopper = field(init=False)
    other: Shopper = field(init=False)
    guest: Shopper = field(init=False)
    variant: Variant = field(init=False)
    spare: Variant = field(init=False)
    purchase: Purchase = field(init=False)
    own_cart_id: str = field(init=False)

    def __post_init__(self) -> None:
        self._open = AsyncExitStack()
        self.address = self.shop.stack.address("edge")
        self.owner, self.other, self.guest = (Shopper(self.shop) for _ in range(3))

    async def __aenter__(self) -> Self:
        for shopper in (self.owner, self.other, self.guest):
            await self._open.enter_async_context(shopper)
        await self.owner.register()
        await self.other.register()
        self.variant, self.spare = await self.shop.variant(stock=1000), await self.shop.variant()
        self.own_cart_id = (await self.owner.add(self.variant))["id"]
        await self.guest.add(self.variant)
        self.purchase = await self.owner.place()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def keep_logged_in(self) -> None:
        """Everybody has a token for the next test."""
        await self.shop.keep_logged_in()
        for shopper in (self.owner, self.other):
            if not shopper.api.logged_in:
                await shopper.log_in()

    async def channel(self) -> grpc.aio.Channel:
        """A connection of its own to the edge."""
        return await self._open.enter_async_context(grpc.aio.insecure_channel(self.address))

    def metadata(self, caller: Caller) -> tuple[tuple[str, str], ...]:
        """What the caller's client sends along."""
        tokens = {
            Caller.OTHER: self.other.api.token,
            Caller.OWNER: self.owner.api.token,
            Caller.STAFF: self.shop.staff.token,
            Caller.ADMIN: self.shop.admin.token,
        }
        return (("authorization", f"Bearer {tokens[caller]}"),) if caller in tokens else ()


async def call(
    channel: grpc.aio.Channel, method: Method, request: Message, metadata: tuple[tuple[str, str], ...]
) -> Message:
    """The answer, or a stream's first; raises grpc.aio.AioRpcError."""
    coding: dict[str, Any] = {
        "request_serializer": method.request.SerializeToString,
        "response_deserializer": method.response.FromString,
    }
    if not method.streams:
        answer: Message = await channel.unary_unary(method.path, **coding)(
            request, metadata=metadata, timeout=TIMEOUT_S
        )
        return answer
    stream: Any = channel.unary_stream(method.path, **coding)(request, metadata=metadata, timeout=TIMEOUT_S)
    async for first in stream:
        stream.cancel()
        return first  # type: ignore[no-any-return]
    raise AssertionError(f"{method.path} ended without a message")
