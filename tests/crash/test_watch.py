"""The harness itself: which calls it counts, that it kills once, and in which order it goes on."""

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local.bootstrap import ROOT
from services.chassis import telemetry
from tests.crash import plan, report
from tests.crash.control import Control, Orders
from tests.crash.journal import Journal
from tests.crash.points import AFTER, BEFORE, Kill, Point, path, statement
from tests.crash.suite import Outcome
from tests.crash.watch import Watch

ONCE = datetime(2026, 1, 2, tzinfo=UTC)
TRACE = "0af7651916cd43dd8448eb211c80319c"
CALL = Point("order", "grpc", "Catalog/SellStock", 2)
READ = Point("order", "sql", "select 1 #abcdef", 1)


@pytest.fixture
def control(tmp_path: Path) -> Control:
    return Control(tmp_path)


LIFE = """
import sys
from pathlib import Path
from tests.crash.control import Control
from tests.crash.watch import Watch
watch = Watch("order", Control(Path(sys.argv[1])))
for _ in range(3):
    watch.mine(sys.argv[2])
    point = watch.before(sys.argv[3], sys.argv[4])
    print("called", flush=True)
    watch.after(point)
"""


def life(folder: Path) -> tuple[int, int]:
    """What a process that makes the call three times ends by, 0 where it lives, and how many calls it made."""
    command = [sys.executable, "-c", LIFE, str(folder), TRACE, CALL.kind, CALL.what]
    ended = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    return ended.returncode, ended.stdout.count("called")


def test_a_call_is_the_orders_by_its_trace_by_a_mark_or_by_what_was_learned(control: Control) -> None:
    watch = Watch("order", control)
    assert not watch.mine("ord_1")
    control.write(Orders(TRACE, ("ord_1",)))
    assert watch.mine({"headers": f"00-{TRACE}-00f067aa0ba902b7-00"})
    assert watch.mine(b"... ord_1 ...")
    assert not watch.mine("ord_2", None)
    with telemetry.span("a call", parent=f"00-{TRACE}-00f067aa0ba902b7-00"):
        assert watch.mine()
    watch.learn("an event's id")
    assert watch.mine(["an event's id"])
    control.write(Orders("f" * 32))
    assert not watch.mine(["an event's id"])


@pytest.mark.slow
@pytest.mark.parametrize(("side", "made"), [(BEFORE, 1), (AFTER, 2)])
def test_the_nth_call_kills_once_and_the_next_life_lives(
    control: Control, tmp_path: Path, side: str, made: int
) -> None:
    control.write(Orders(TRACE, kill=Kill(CALL, side)))
    control.arm()
    assert life(tmp_path) == (-signal.SIGKILL, made)
    assert [line["nth"] for line in control.recorded()] == [1, 2]
    assert life(tmp_path) == (0, 3)
    assert not control.disarm()


def test_names_are_the_same_in_every_run() -> None:
    assert statement("select  a,\n b from t") == statement("select a, b from t")
    assert statement("select a from t") != statement("select b from t")
    assert path("http://127.0.0.1:1/v1/refunds/re_1N0abcdefgh?x=1") == "/v1/refunds/*"


def test_what_only_reads_and_what_was_seen_in_an_earlier_journey_comes_last() -> None:
    other = Point("payment", "stripe", "POST /v1/refunds", 1)
    kills = plan.kills({"purchase": [READ, CALL], "refund": [READ, CALL, other]})
    assert [kill.point for _, kill in kills[::2]] == [CALL, other, READ, CALL, READ]
    assert [kill.side for _, kill in kills[:2]] == [BEFORE, AFTER]


def test_a_suite_that_was_stopped_goes_on_and_other_code_begins_anew(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "code 1")
    assert not journal.fits()
    journal.begin({"purchase": [CALL]})
    journal.add(Outcome("purchase", Kill(CALL, BEFORE), False, 1.0))
    last = Outcome("purchase", Kill(CALL, BEFORE), True, 2.0, copies=1, findings=["two charges"])
    journal.add(last)
    again = Journal(tmp_path, "code 1")
    assert again.fits()
    assert (again.points(), again.outcomes()) == ({"purchase": [CALL]}, [last])
    assert "| purchase | 1 | 1 | 0 | 0 | 1 | 1 | 0.0 |" in report.table(again.points(), again.outcomes())
    assert again.audited() <= datetime.now(UTC)
    again.add_audit(ONCE, ["a gap"])
    assert (again.audited(), again.audits()) == (ONCE, [["a gap"]])
    assert "two charges" in report.details(again.outcomes(), [[]])
    assert not Journal(tmp_path, "code 2").fits()
