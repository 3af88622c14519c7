"""The measured server: grpc.aio on uvloop, two unary methods and nothing behind them. Prints its port when ready."""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import uvloop

from bench.grpcio import messages, telemetry

Behaviour = Callable[[Any, Any], Awaitable[Any]]


def main() -> None:
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validate", action="store_true", help="run protovalidate on every request")
    parser.add_argument("--tls", type=Path, help="folder with ca.pem, tls.pem, tls.key: mutual TLS")
    parser.add_argument("--identity-only", action="store_true", help="refuse compressed requests")
    parser.add_argument("--telemetry", choices=telemetry.MODES, default="none")
    options = parser.parse_args()
    uvloop.run(_serve(options))


async def _serve(options: argparse.Namespace) -> None:
    limits = [("grpc.compression_enabled_algorithms_bitset", 1)] if options.identity_only else []
    server = grpc.aio.server(interceptors=telemetry.interceptors(options.telemetry), options=limits)
    server.add_generic_rpc_handlers((_handlers(_check(options.validate)),))
    port = _listen(server, options.tls)
    await server.start()
    print(port, flush=True)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await server.stop(grace=None)


def _listen(server: grpc.aio.Server, tls: Path | None) -> int:
    if tls is None:
        return server.add_insecure_port("localhost:0")
    key, chain, authority = ((tls / name).read_bytes() for name in ("tls.key", "tls.pem", "ca.pem"))
    credentials = grpc.ssl_server_credentials([(key, chain)], authority, require_client_auth=True)
    return server.add_secure_port("localhost:0", credentials)


def _check(validate: bool) -> Callable[[Any], None]:
    if not validate:
        return lambda request: None
    # Imported here: only the validating case may pay for it.
    import protovalidate

    return protovalidate.Validator().validate


def _handlers(check: Callable[[Any], None]) -> grpc.GenericRpcHandler:
    pb = messages.types()
    product = messages.product()

    async def get_product(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        check(request)
        return product

    async def place_order(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        check(request)
        return product

    table = {
        "GetProduct": _unary(get_product, pb.GetProductRequest, pb.Product),
        "PlaceOrder": _unary(place_order, pb.PlaceOrderRequest, pb.Product),
        "CpuTime": grpc.unary_unary_rpc_method_handler(_cpu_time),
        "PeakMemory": grpc.unary_unary_rpc_method_handler(_peak_memory),
    }
    return grpc.method_handlers_generic_handler("bench.grpcio.v1.BenchService", table)


def _unary(behaviour: Behaviour, request: Any, response: Any) -> grpc.RpcMethodHandler[Any, Any]:
    return grpc.unary_unary_rpc_method_handler(
        behaviour,
        request_deserializer=request.FromString,
        response_serializer=response.SerializeToString,
    )


async def _cpu_time(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
    return str(time.process_time()).encode()


async def _peak_memory(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
    return str(_peak_mib()).encode()


def _peak_mib() -> float:
    # Not getrusage: its peak starts at the parent's size, which would hide what is smaller.
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) / 1024


if __name__ == "__main__":
    main()
