"""In which order the kills come: what is likelier to lose something first, what only looks or was seen before last."""

from collections.abc import Iterator, Mapping

from tests.crash.points import SIDES, Kill, Point

READS = ("select", "GET", "MGET", "HMGET", "EXISTS", "TTL", "find")


def kills(points: Mapping[str, list[Point]]) -> list[tuple[str, Kill]]:
    """Every kill of every journey, by the journey's name."""
    ranked = sorted(_ranked(points), key=lambda each: each[0])  # stable: else as recorded
    return [(journey, Kill(point, side)) for _, journey, point in ranked for side in SIDES]


def _ranked(points: Mapping[str, list[Point]]) -> Iterator[tuple[int, str, Point]]:
    seen: set[Point] = set()
    for journey, found in points.items():
        for point in found:
            yield 2 * (point in seen) + only_reads(point), journey, point
        seen.update(found)


def only_reads(point: Point) -> bool:
    """Whether the call changes nothing anywhere."""
    return point.kind in ("sql", "valkey", "mongo") and point.what.lower().startswith(tuple(r.lower() for r in READS))
