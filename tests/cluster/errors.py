"""What the harness raises: its text says what failed, with the state of whatever failed."""


class ClusterError(Exception):
    """Something on the cluster didn't do what it was asked; the text is for whoever reads the test's report."""
