"""The load: a fixed number of unary calls in flight on one channel for a fixed time. Prints one JSON object."""

import argparse
import json
import time
from asyncio import gather
from pathlib import Path
from typing import Any

import grpc
import uvloop

from bench.grpcio import messages

_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"


def main() -> None:
    """Warms up, measures, prints calls a second, latencies in ms and CPU microseconds per call of both ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--method", choices=sorted(messages.METHODS), default="product")
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--warmup", type=float, default=0.4)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument(
        "--sampled",
        type=int,
        default=0,
        help="percent of the calls whose traceparent is sampled",
    )
    parser.add_argument("--tls", type=Path)
    print(json.dumps(uvloop.run(_measure(parser.parse_args()))))


async def _measure(options: argparse.Namespace) -> dict[str, float]:
    async with _channel(options.port, options.tls) as channel:
        await channel.channel_ready()
        load = Load(channel, options.method, options.sampled)
        await load.run(options.warmup, options.in_flight)
        load.latencies.clear()
        cpu_time: Any = channel.unary_unary(messages.CPU_TIME)
        server, client, start = (
            float(await cpu_time(b"")),
            time.process_time(),
            time.perf_counter(),
        )
        await load.run(options.seconds, options.in_flight)
        elapsed, client_used = time.perf_counter() - start, time.process_time() - client
        return load.summary(elapsed, float(await cpu_time(b"")) - server, client_used)


def _channel(port: int, tls: Path | None) -> grpc.aio.Channel:
    if tls is None:
        return grpc.aio.insecure_channel(f"localhost:{port}")
    authority, key, chain = ((tls / name).read_bytes() for name in ("ca.pem", "tls.key", "tls.pem"))
    return grpc.aio.secure_channel(f"localhost:{port}", grpc.ssl_channel_credentials(authority, key, chain))


class Load:
    """Repeats one call; remembers each call's latency in seconds."""

    def __init__(self, channel: grpc.aio.Channel, method: str, sampled_percent: int) -> None:
        self._request = messages.place_order_request() if method == "order" else messages.get_product_request()
        self._call: Any = channel.unary_unary(
            messages.METHODS[method],
            request_serializer=type(self._request).SerializeToString,
            response_deserializer=messages.types().Product.FromString,
        )
        self._metadata = [(("traceparent", f"{_TRACE}-{'01' if n < sampled_percent else '00'}"),) for n in range(100)]
        self._sent = 0
        self.latencies: list[float] = []

    async def run(self, seconds: float, in_flight: int) -> None:
        """Keeps `in_flight` calls under way until `seconds` have passed; the first failed call ends the run."""
        deadline = time.perf_counter() + seconds
        await gather(*(self._repeat(deadline) for _ in range(in_flight)))

    async def _repeat(self, deadline: float) -> None:
        start = time.perf_counter()
        while start < deadline:
            self._sent += 1
            # 37 has no common factor with 100: the sampled calls are spread instead of coming in one burst.
            await self._call(
                self._request,
                metadata=self._metadata[self._sent * 37 % 100],
                timeout=10,
            )
            end = time.perf_counter()
            self.latencies.append(end - start)
            start = end

    def summary(self, elapsed: float, server_cpu: float, client_cpu: float) -> dict[str, float]:
        """Calls a second, latency in ms, CPU in microseconds per call."""
        ordered, calls = sorted(self.latencies), len(self.latencies)
        return {
            "rps": calls / elapsed,
            "p50_ms": 1e3 * ordered[calls // 2],
            "p99_ms": 1e3 * ordered[calls * 99 // 100],
            "server_cpu_us": 1e6 * server_cpu / calls,
            "client_cpu_us": 1e6 * client_cpu / calls,
        }


if __name__ == "__main__":
    main()
