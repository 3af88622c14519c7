"""Whether a part serves yet."""

import socket

import httpx

from deploy.local.installation import HOST


class NotReady(Exception):
    """The component doesn't serve yet; the text says what was missing."""


def require_listening(port: int) -> None:
    """Raise NotReady unless something accepts connections on the port."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError as error:
        raise NotReady(f"nothing answers on port {port}") from error


def require_http(url: str) -> None:
    """Raise NotReady unless the address answers 200."""
    try:
        httpx.get(url, timeout=2, trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        raise NotReady(str(error)) from error
