"""Three abuses of HTTP/2 and gRPC framing against the measured server. Prints one JSON object with its memory growth.

bomb       one call whose 256 MiB of zeros arrive as 256 KiB of gzip, below the server's 4 MiB message limit
overlong   one message that declares 1 GiB and sends 64 MiB of it
fragments  one message that arrives in 500,000 DATA frames of one byte each
"""

import argparse
import importlib
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from bench.grpcio import messages

# By name: h2 exists only in the benchmark's own environments.
_connection: Any = importlib.import_module("h2.connection")
_config: Any = importlib.import_module("h2.config")
_events: Any = importlib.import_module("h2.events")
_exceptions: Any = importlib.import_module("h2.exceptions")
_MIB = 1 << 20
_HEADERS = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", messages.PLACE_ORDER),
    (":authority", "localhost"),
    ("content-type", "application/grpc"),
    ("te", "trailers"),
]


def main() -> None:
    """Runs one abuse; the growth is the server's peak resident memory after it less that before, in MiB."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("abuse", choices=("bomb", "overlong", "fragments"))
    options = parser.parse_args()
    abuses: dict[str, Callable[[int], str]] = {"bomb": bomb, "overlong": overlong, "fragments": fragments}
    before = _peak_mib(options.port)
    outcome = abuses[options.abuse](options.port)
    print(json.dumps({"outcome": outcome, "growth_mib": _peak_mib(options.port) - before}))


def bomb(port: int) -> str:
    """Answers the status that the call ended with."""
    with grpc.insecure_channel(f"localhost:{port}") as channel:
        call: Any = channel.unary_unary(messages.PLACE_ORDER)
        answer = call.future(bytes(256 * _MIB), compression=grpc.Compression.Gzip, timeout=60)
        return str(answer.code().name)


def overlong(port: int) -> str:
    """Answers `reset` where the server ended the stream before the 64 MiB were sent, else `taken`."""
    prefix = b"\x00" + (1 << 30).to_bytes(4, "big")
    return _send(port, [prefix, *([bytes(16_384)] * (64 * _MIB // 16_384))])


def fragments(port: int) -> str:
    """Answers `reset` or `taken`; the message stays unfinished, so that the server has to keep what it got."""
    prefix = b"\x00" + (1_000_000).to_bytes(4, "big")
    return _send(port, [prefix, *([b"\x00"] * 500_000)])


def _send(port: int, pieces: list[bytes]) -> str:
    with socket.create_connection(("localhost", port), timeout=5) as connection:
        peer = Peer(connection)
        sent = all(peer.send(piece) for piece in pieces)
        # An answered ping means that all before it was read, so the peak that is asked for next contains it.
        return "taken" if sent and peer.ping() else "reset"


class Peer:
    """One HTTP/2 stream that obeys flow control."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._http = _connection.H2Connection(_config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self._http.initiate_connection()
        self._http.send_headers(1, _HEADERS)
        self._socket.sendall(self._http.data_to_send())

    def send(self, piece: bytes) -> bool:
        """Sends one DATA frame as soon as the window allows; false where the server ended the stream."""
        while self._http.local_flow_control_window(1) < len(piece):
            if any(_is_end(event) for event in self._receive()):
                return False
        try:
            self._http.send_data(1, piece)
            self._socket.sendall(self._http.data_to_send())
        except (_exceptions.ProtocolError, OSError):
            return False
        return True

    def ping(self) -> bool:
        """False where the server ended the stream before it answered."""
        self._http.ping(b"all read")
        self._socket.sendall(self._http.data_to_send())
        while True:
            for event in self._receive():
                if _is_end(event):
                    return False
                if isinstance(event, _events.PingAckReceived):
                    return True

    def _receive(self) -> Iterator[Any]:
        data = self._socket.recv(65_536)
        events = self._http.receive_data(data) if data else [_events.ConnectionTerminated()]
        self._socket.sendall(self._http.data_to_send())
        yield from events


def _is_end(event: Any) -> bool:
    ends = (_events.StreamReset, _events.StreamEnded, _events.ConnectionTerminated, _events.TrailersReceived)
    return isinstance(event, ends)


def _peak_mib(port: int) -> float:
    with grpc.insecure_channel(f"localhost:{port}") as channel:
        call: Any = channel.unary_unary(messages.PEAK_MEMORY)
        return float(call(b"", timeout=30))


if __name__ == "__main__":
    main()
