"""An installation in a temporary folder, with ports that nothing listens on."""

import socket
from pathlib import Path

import pytest

from deploy.local.installation import HOST, Installation, read_ports


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    sockets = {name: socket.create_server((HOST, 0)) for name in read_ports(0, test=False)}
    ports = {name: each.getsockname()[1] for name, each in sockets.items()}
    for each in sockets.values():
        each.close()
    return Installation(tmp_path / "state", ports, cache=tmp_path / "cache")
