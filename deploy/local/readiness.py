"""Whether a part serves yet. Client libraries are imported where they are used, so that most commands start fast."""

import socket

from deploy.local.installation import HOST


class NotReadyError(Exception):
    """The component doesn't serve yet; the text says what was missing."""


def require_listening(port: int, host: str = HOST) -> None:
    """Raise NotReadyError unless something accepts connections on the port."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError as error:
        raise NotReadyError(f"nothing answers on port {port}") from error


def require_http(url: str) -> None:
    """Raise NotReadyError unless the address answers 200."""
    import httpx

    try:
        httpx.get(url, timeout=2, trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        raise NotReadyError(str(error)) from error


def require_grpc(address: str) -> None:
    """Raise NotReadyError unless the standard health service says SERVING."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(address) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.RpcError as error:
            raise NotReadyError(f"{address} doesn't answer health checks") from error
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise NotReadyError(f"{address} answers {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}")
