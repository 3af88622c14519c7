"""A small HTTP server in place of the shop, which refuses, resets, stalls and cuts short as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
RESET, STALL, CUT = "reset", "stall", "cut"
PRODUCT = {"id": "prod_1", "slug": "teapot", "variants": [{"id": "var_1", "stock": "100"}]}
CART = {"id": "cart_1", "etag": "e1", "subtotal": {"units": "12"}, "items": [{"variantId": "var_1"}]}


@dataclass
class Double:
    """`answers` are by verb and path (the beginning of it that is longest): a status and a body, or what is done to
    the connection instead. `came` are the requests."""

    answers: dict[str, tuple[int, Json] | str]
    url: str = ""
    came: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await _head(reader):
                verb, path, _ = head[0].split(" ", 2)
                self.came.append(f"{verb} {path}")
                if not await self._answer(writer, self._found(f"{verb} {path}")):
                    break
        finally:
            writer.close()

    def _found(self, request: str) -> tuple[int, Json] | str:
        fitting = [each for each in self.answers if request.startswith(each)]
        return self.answers[max(fitting, key=len)] if fitting else (404, {"message": "unknown"})

    async def _answer(self, writer: asyncio.StreamWriter, answer: tuple[int, Json] | str) -> bool:
        """Whether the connection goes on."""
        if answer == RESET:
            writer.transport.abort()
        elif answer == STALL:
            await asyncio.sleep(3600)
        elif answer == CUT:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")
        else:
            assert not isinstance(answer, str)
            body = json.dumps(answer[1]).encode()
            head = f"HTTP/1.1 {answer[0]} Some\r\nx-trace-id: 7e57\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            return True
        return False


async def _head(reader: asyncio.StreamReader) -> list[str]:
    """The lines of the next request's head, its body read; none at the connection's end."""
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    except asyncio.IncompleteReadError:
        return []
    sizes = [line.split(":")[1] for line in lines if line.lower().startswith("content-length")]
    await reader.readexactly(int(sizes[0]) if sizes else 0)
    return lines


@asynccontextmanager
async def double(answers: dict[str, tuple[int, Json] | str], port: int = 0) -> AsyncIterator[Double]:
    """The server, while inside."""
    made = Double(answers)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(asyncio.CancelledError):  # asyncio would log it as an error
            await made.serve(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def shop(**order: str) -> dict[str, tuple[int, Json] | str]:
    """The answers of a shop that sells one teapot; `order` is its order as it is then seen."""
    placed = {"order": {"id": "ord_1"}, "orderToken": "proof", "checkoutUrl": "http://elsewhere.example/pay/1"}
    return {
        "GET /api/v1/products": (200, {"products": [PRODUCT], "nextPageToken": "more"}),
        "GET /api/v1/products/": (200, PRODUCT),
        "GET /api/v1/categories": (200, {"categories": []}),
        "GET /api/v1/carts/": (200, CART),
        "POST /api/v1/carts": (200, {"id": "cart_1"}),
        "POST /api/v1/carts/": (200, CART),
        "POST /api/v1/orders": (200, placed),
        "GET /api/v1/orders/": (200, {"id": "ord_1", **order}),
        "POST /pay/1": (200, {"status": "complete"}),
    }
