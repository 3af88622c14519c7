"""The end of a suite, for people: a table by journey, then every finding."""

from collections.abc import Mapping, Sequence

from tests.crash.points import Point
from tests.crash.suite import Outcome

HEAD = ("journey", "points", "kills", "right", "not reached", "findings", "e-mails twice", "minutes")


def table(points: Mapping[str, list[Point]], outcomes: Sequence[Outcome]) -> str:
    """As Markdown."""
    rows = [
        _row(name, len(found), [each for each in outcomes if each.journey == name]) for name, found in points.items()
    ]
    rows.append(_row("all", sum(map(len, points.values())), outcomes))
    lines = [HEAD, ("---",) * len(HEAD), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _row(name: str, points: int, outcomes: Sequence[Outcome]) -> tuple[object, ...]:
    reached = [each for each in outcomes if each.reached]
    found = [each for each in outcomes if each.findings]
    right = [each for each in reached if not each.findings]
    twice = [each for each in outcomes if each.copies]
    minutes = sum(each.seconds for each in outcomes) / 60
    return (
        name,
        points,
        len(reached),
        len(right),
        len(outcomes) - len(reached),
        len(found),
        len(twice),
        f"{minutes:.1f}",
    )


def details(outcomes: Sequence[Outcome], audits: Sequence[list[str]]) -> str:
    """Every finding, of the kills and of the shop's own audits, and every e-mail that came twice."""
    found = [f"FOUND {each.journey}, {each.kill}: {'; '.join(each.findings)}" for each in outcomes if each.findings]
    by_audit = [f"FOUND by the audit: {finding}" for findings in audits for finding in findings]
    twice = [f"e-mail twice: {each.journey}, {each.kill}" for each in outcomes if each.copies]
    clean = sum(not findings for findings in audits)
    return "\n".join([*found, *by_audit, *twice, f"{clean} of {len(audits)} audits were clean"])
