"""Bootstrap: what Envoy reads once at its start. Listeners and clusters are files that it watches."""

from deploy.edge.settings import EdgeSettings
from deploy.edge.typed import Config, extension, socket_address

MOST_CONNECTIONS = 10_000


def bootstrap(settings: EdgeSettings, directory: str) -> Config:
    """``directory`` is where Envoy finds lds.yaml and cds.yaml."""
    return {
        "node": {"id": "edge", "cluster": "edge"},
        "admin": {"address": socket_address(settings.admin)},
        "dynamic_resources": {
            "lds_config": _watched(directory, "lds.yaml"),
            "cds_config": _watched(directory, "cds.yaml"),
        },
        "overload_manager": {"resource_monitors": [_connections()]},
    }


def _watched(directory: str, file: str) -> Config:
    """Replaced files are read again; the folder is watched, as a rename or a changed ConfigMap moves the file itself."""
    source = {"path": f"{directory}/{file}", "watched_directory": {"path": directory}}
    return {"path_config_source": source, "resource_api_version": "V3"}


def _connections() -> Config:
    return extension(
        "envoy.resource_monitors.global_downstream_max_connections",
        "resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=MOST_CONNECTIONS,
    )
