"""Metrics that others export and the chart's alerts and dashboards read, with the labels that are used of them."""

ENVOY = {
    "envoy_http_downstream_rq_xx": {"envoy_http_conn_manager_prefix", "envoy_response_code_class"},
    "envoy_http_downstream_rq_time_bucket": {"envoy_http_conn_manager_prefix", "le"},
    "envoy_http_downstream_rq_active": {"envoy_http_conn_manager_prefix"},
    "envoy_http_downstream_cx_active": {"envoy_http_conn_manager_prefix"},
    "envoy_cluster_membership_healthy": {"envoy_cluster_name"},
    "envoy_cluster_upstream_rq_xx": {"envoy_cluster_name", "envoy_response_code_class"},
    "envoy_cluster_upstream_rq_time_bucket": {"envoy_cluster_name", "le"},
}
"""Of the edge; held against a running one in tests/edge/test_exported.py."""

PROCESS = {"process_cpu_seconds_total": set[str](), "process_resident_memory_bytes": set[str]()}
"""Of Prometheus' library, which every service has; held against it in test_exported.py."""

KUBERNETES = {
    "kube_pod_status_ready": {"condition"},
    "kube_pod_status_phase": {"phase"},
    "kube_pod_container_status_restarts_total": set[str](),
    "kube_deployment_status_replicas_available": {"deployment"},
    "kube_deployment_spec_replicas": {"deployment"},
    "kube_job_status_failed": {"job_name"},
    "kube_horizontalpodautoscaler_status_current_replicas": {"horizontalpodautoscaler"},
    "kube_horizontalpodautoscaler_spec_max_replicas": {"horizontalpodautoscaler"},
    "kubelet_volume_stats_available_bytes": {"persistentvolumeclaim"},
    "kubelet_volume_stats_capacity_bytes": {"persistentvolumeclaim"},
}
"""Of kube-state-metrics and the kubelet, as their documentation names them."""

SCRAPED = {"up": set[str]()}
TARGET = frozenset({"namespace", "pod", "container", "component", "job", "instance", "service", "endpoint"})
"""Labels that every series has from where it was read; ``component`` by the chart's ServiceMonitors."""
