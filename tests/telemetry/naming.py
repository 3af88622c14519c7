"""Holds expressions against the metrics that there are."""

from collections.abc import Iterable, Iterator

from deploy.telemetry.evaluator import Expression
from deploy.telemetry.exported import exported
from tests.telemetry import foreign


def unknown(expressions: Iterable[Expression]) -> Iterator[str]:
    """What the expressions name that nobody exports: metrics, and labels of metrics."""
    labels = {name: frozenset(own) for name, own in (*exported().items(), *foreign.ENVOY.items())}
    labels |= {
        name: frozenset(own)
        for name, own in (*foreign.KUBERNETES.items(), *foreign.SCRAPED.items(), *foreign.PROCESS.items())
    }
    for expression in expressions:
        yield from expression.errors
        yield from sorted(expression.metrics - labels.keys())
        had = foreign.TARGET.union(*(labels.get(metric, ()) for metric in expression.metrics))
        yield from sorted(expression.groupings - had)
        for metric, chosen_by in expression.selectors:
            yield from (
                f"{metric}{{{each}}}" for each in sorted(chosen_by - labels.get(metric, set()) - foreign.TARGET)
            )
