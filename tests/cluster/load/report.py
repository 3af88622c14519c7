"""What became of the load's requests and orders."""

import json
import statistics
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

LONGEST_TEXT = 1000


@dataclass(frozen=True)
class Failure:
    """A request that was refused, reset, answered with an error or not answered in time.

    `time` is when it was sent (seconds of the Unix epoch), `method` the verb and path, `status` HTTP's or 0 where no
    answer came, `text` the answer's body or the exception, `trace_id` empty where no answer named it.
    """

    time: float
    seconds: float
    method: str
    status: int
    text: str
    trace_id: str = ""

    def __str__(self) -> str:
        return f"{self.time:.3f} +{self.seconds:.3f} s {self.method} -> {self.status} {self.text} {self.trace_id}"


@dataclass
class Report:
    """`requests` counts those sent to the edge; `missed` the ticks at which the generator itself stood still.

    `placed` are the orders that were accepted, by id; of them `confirmed` are CONFIRMED, `unpaid` those whose payment
    page failed, `unconfirmed` the rest, each with the state it was last seen in.
    """

    began: float = 0.0
    ended: float = 0.0
    requests: int = 0
    missed: int = 0
    failed: list[Failure] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    placed: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    unpaid: list[str] = field(default_factory=list)
    unconfirmed: dict[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long requests were sent."""
        return self.ended - self.began

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many of 100 answers came; 0 without answers."""
        if len(self.latencies) < 2:
            return max(self.latencies, default=0.0)
        return statistics.quantiles(self.latencies, n=100, method="inclusive")[percent - 1]

    def figures(self) -> dict[str, Any]:
        """The counts and times, to be printed and kept."""
        return {
            "seconds": round(self.seconds, 1),
            "requests": self.requests,
            "per_second": round(self.requests / max(self.seconds, 0.1), 1),
            "failed": len(self.failed),
            "missed": self.missed,
            "placed": len(self.placed),
            "confirmed": len(self.confirmed),
            "unpaid": len(self.unpaid),
            "unconfirmed": len(self.unconfirmed),
            "p50_ms": round(self.percentile(50), 1),
            "p99_ms": round(self.percentile(99), 1),
            "max_ms": round(max(self.latencies, default=0.0), 1),
        }

    def failures(self, most: int = 20) -> str:
        """How many failed how, and the first ones in full."""
        kinds = Counter(f"{each.method.split('?')[0].split('/ord_')[0]} -> {each.status}" for each in self.failed)
        lines = [f"{count} x {kind}" for kind, count in kinds.most_common()]
        return "\n".join([*lines, *(str(each) for each in self.failed[:most])])

    def last_failure(self, since: float, until: float) -> float:
        """Seconds from `since` to the end of the last failed request sent before `until`; 0 without one."""
        ends = [each.time + each.seconds for each in self.failed if since <= each.time < until]
        return max(ends, default=since) - since

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote."""
        given = json.loads(path.read_text())
        failed = [Failure(**each) for each in given.pop("failed")]
        return cls(failed=failed, **given)
