"""What an audit found: a table for people, JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ops.audit.auditing import MOST, Result
from ops.audit.check import shown
from services.chassis.money import Money

SHOWN = 20
"""Findings of one check that the table lists; JSON has all."""


def exit_code(results: Sequence[Result]) -> int:
    """0: clean. 1: something was found. 2: a check could not look."""
    if any(result.error for result in results):
        return 2
    return 1 if any(result.findings for result in results) else 0


def as_json(results: Sequence[Result]) -> str:
    """One object: `clean`, and each check with its findings; amounts in minor units."""
    clean = exit_code(results) == 0
    return json.dumps({"clean": clean, "checks": [_object(result) for result in results]}, indent=2)


def _object(result: Result) -> dict[str, Any]:
    return {
        "check": result.check.name,
        "says": result.check.sentence,
        "looked": result.tally.looked,
        "sums": [{"of": of, "currency": code, "amount": amount} for (of, code), amount in _sums(result)],
        "findings": [
            {"subject": each.subject, "text": each.text, "since": each.since.isoformat() if each.since else None}
            for each in result.findings.values()
        ],
        "more": result.more,
        "error": result.error,
    }


def as_table(results: Sequence[Result]) -> str:
    """One row a check, then what was found, then the sums of money."""
    rows = [("check", "looked at", "findings", "what must be true"), *(_row(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    details = [line for result in results for line in (*_details(result), *_amounts(result))]
    return "\n".join([*lines, "", *details] if details else lines)


def _row(result: Result) -> tuple[str, str, str, str]:
    found = f"{len(result.findings)}{'+' if result.more else ''}"
    verdict = "ERROR" if result.error else found
    return result.check.name, f"{result.tally.looked:,}", verdict, result.check.sentence


def _details(result: Result) -> Iterator[str]:
    if result.error:
        yield f"{result.check.name}: could not look: {result.error}"
    for finding in list(result.findings.values())[:SHOWN]:
        yield f"{result.check.name}: {finding.subject}: {finding.text}"
    if len(result.findings) > SHOWN:
        rest = f"{MOST} or more" if result.more else str(len(result.findings))
        yield f"{result.check.name}: ... {rest} in all; --json lists them"


def _amounts(result: Result) -> Iterator[str]:
    by_currency: dict[str, list[str]] = {}
    for (of, code), amount in _sums(result):
        by_currency.setdefault(code, []).append(f"{of} {shown(Money(amount, code))}")
    for texts in by_currency.values():
        yield f"{result.check.name}: {', '.join(texts)}"


def _sums(result: Result) -> list[tuple[tuple[str, str], int]]:
    return sorted(result.tally.sums.items(), key=lambda item: item[0][1])
