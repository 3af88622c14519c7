"""Which services an edit concerns, and what is done about them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import reload
from deploy.local.bootstrap import ROOT
from deploy.local.errors import StackError
from deploy.local.installation import SERVICES, Installation
from deploy.local.progress import Progress, Silent
from deploy.local.reload import affected, watch_and_restart
from deploy.local.stack import Stack


def test_an_edited_service_restarts_alone() -> None:
    assert affected([ROOT / "services" / "order" / "domain" / "order.py"]) == {"order"}


def test_the_chassis_and_generated_code_concern_everybody() -> None:
    assert affected([ROOT / "services" / "chassis" / "errors.py"]) == set(SERVICES)
    assert affected([ROOT / "gen" / "shopmesh" / "order_pb2.py"]) == set(SERVICES)


class Recorder(Stack):
    """A stack whose parts are only said to run; bringing up what is `broken` fails, and leaves it down."""

    def __init__(self, installation: Installation, running: set[str]) -> None:
        super().__init__(installation)
        self.running, self.broken, self.brought_up = running, set[str](), list[set[str]]()

    def running_parts(self) -> set[str]:
        return set(self.running)

    def up(self, only: set[str] | None = None, progress: Progress | None = None) -> None:
        assert only is not None
        self.brought_up.append(only)
        self.running -= self.broken & only
        if self.broken & only:
            raise StackError("a syntax error")
        self.running |= only


CHASSIS, ORDER = ROOT / "services" / "chassis" / "errors.py", ROOT / "services" / "order" / "main.py"


def test_a_service_stopped_by_hand_is_left_to_its_debugger(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Recorder(installation, set(SERVICES) - {"order"})
    monkeypatch.setattr(reload, "watch", lambda *_, **__: [{(2, str(CHASSIS))}, {(2, str(ORDER))}])
    watch_and_restart(stack, Silent())
    assert stack.brought_up == [set(SERVICES) - {"order"}]


def test_what_an_edit_broke_is_tried_again_at_the_next(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Recorder(installation, set(SERVICES))

    def edits(*_: object, **__: object) -> Iterator[set[tuple[int, str]]]:
        stack.broken = {"order"}
        yield {(2, str(ORDER))}
        stack.broken = set()
        yield {(2, str(ORDER))}
        yield {(2, str(ROOT / "services" / "README.md"))}

    monkeypatch.setattr(reload, "watch", edits)
    watch_and_restart(stack, Silent())
    assert stack.brought_up == [{"order"}, {"order"}]


def test_other_files_concern_nobody() -> None:
    assert affected([ROOT / "README.md", Path("/elsewhere/order.py")]) == set()
