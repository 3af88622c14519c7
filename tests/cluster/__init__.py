"""The shop on a real Kubernetes: installed by the chart, used from outside, and disturbed in every way that is promised."""
