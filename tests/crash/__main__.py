"""`make crash`: every kill of every journey, going on where an earlier run was stopped."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import click

from deploy.local.bootstrap import ROOT
from deploy.local.files import fingerprint_of
from deploy.local.progress import Progress
from tests.crash import plan, report
from tests.crash.journal import Journal
from tests.crash.journeys import JOURNEYS
from tests.crash.points import Kill
from tests.crash.shop import AskedOften
from tests.crash.stack import CrashStack, alone, control_of, crash_stack
from tests.crash.suite import Outcome, Suite

Wanted = Callable[[str, Kill], bool]
CODE = ("services", "gen", "tests/crash")
AUDIT_EVERY = 150


@click.command(help=__doc__)
@click.option("--journey", type=click.Choice(list(JOURNEYS)), help="Only this one.")
@click.option("--matching", default="", help="Only kills with this text in their name.")
@click.option("--anew", is_flag=True, help="Forget what an earlier run did.")
@click.option("--keep", is_flag=True, help="Go on with an earlier run's points although the code has changed.")
@click.option("--minutes", default=120.0, show_default=True, help="Stop after so long; the next run goes on.")
@click.option("--stay", is_flag=True, help="Leave the suite's stack up.")
def main(journey: str | None, matching: str, anew: bool, keep: bool, minutes: float, stay: bool) -> None:
    stack = crash_stack()
    journal = Journal(stack.installation.folder(), " ".join(fingerprint_of(ROOT / folder) for folder in CODE))
    anew = anew or not (journal.fits() or (keep and journal.points()))

    def wanted(name: str, kill: Kill) -> bool:
        return journey in (None, name) and matching in str(kill)

    with alone(stack):
        try:
            stack.up(only=set(stack.components), progress=Progress())
            asyncio.run(_go_on(stack, journal, anew, wanted, time.monotonic() + 60 * minutes))
        finally:
            if not stay:
                stack.down()
    outcomes, audits = journal.outcomes(), journal.audits()
    click.echo(f"{report.table(journal.points(), outcomes)}\n{report.details(outcomes, audits)}")
    idle = bool(outcomes) and not any(each.reached for each in outcomes)
    sys.exit(1 if any(each.findings for each in outcomes) or any(audits) or idle else 0)


async def _go_on(stack: CrashStack, journal: Journal, anew: bool, wanted: Wanted, until: float) -> None:
    async with AskedOften(stack) as shop:
        suite = Suite(shop, control_of(stack))
        if anew:
            journal.begin({name: await suite.record(each) for name, each in JOURNEYS.items()})
        done = {(each.journey, each.kill) for each in journal.outcomes()}
        left = [each for each in plan.kills(journal.points()) if each not in done and wanted(*each)]
        await _kill_all(suite, journal, left, until)


async def _kill_all(suite: Suite, journal: Journal, left: Sequence[tuple[str, Kill]], until: float) -> None:
    began = time.monotonic()
    for number, (name, kill) in enumerate(left, 1):
        if time.monotonic() > until:
            break
        outcome = await suite.kill_for_sure(JOURNEYS[name], kill)
        journal.add(outcome)
        each = (time.monotonic() - began) / number
        click.echo(f"{number}/{len(left)}, {each * (len(left) - number) / 60:.0f} min left: {_line(outcome)}")
        if outcome.findings:
            await suite.undisturbed(JOURNEYS[name])  # a shop that is broken for good proves nothing more
        if number % AUDIT_EVERY == 0:
            await _audit(suite, journal, number)
    await _audit(suite, journal, len(left))


async def _audit(suite: Suite, journal: Journal, number: int) -> None:
    began = datetime.now(UTC)
    findings = await suite.audit(journal.audited())
    journal.add_audit(began, findings)
    click.echo(f"the audit after {number} kills: {'; '.join(findings) or 'clean'}")


def _line(outcome: Outcome) -> str:
    said = "; ".join(outcome.findings) or ("right" if outcome.reached else "not reached")
    return f"{outcome.journey}, {outcome.kill}: {said} ({outcome.seconds:.1f} s)"


if __name__ == "__main__":
    main()
