"""One cluster, its images, its stores and one release for all tests here; nothing of it is left at the end.

Fixtures, all of the session: `place` (tests.cluster.place.Place), `images` (tags that are loaded), `stores`
(tests.cluster.stores.Stores), `shop` (tests.cluster.release.Release, installed with test-1 and ready; a test that
upgrades it puts it back), `full` (whether all counts are asked for: `--full`), `say` (a progress line).
Every file here has `pytestmark = [pytest.mark.cluster, pytest.mark.timeout(...)]`.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import FrameType

import pytest
from _pytest.capture import CaptureManager
from _pytest.terminal import TerminalReporter

from deploy.local.progress import Progress
from tests.cluster import images as made
from tests.cluster.place import Place, choose
from tests.cluster.release import Release
from tests.cluster.stores import Stores


class Told(Progress):
    """Progress among pytest's own lines, whatever it captures."""

    def __init__(self, plugins: pytest.PytestPluginManager) -> None:
        super().__init__()
        self._plugins = plugins

    def say(self, text: str) -> None:
        capture: CaptureManager | None = self._plugins.get_plugin("capturemanager")
        reporter: TerminalReporter | None = self._plugins.get_plugin("terminalreporter")
        if capture and reporter:
            with capture.global_and_fixture_disabled():
                reporter.ensure_newline()
                reporter.write_line(f"[{self.seconds:6.1f}s] {text}")


@pytest.fixture(scope="session")
def progress(pytestconfig: pytest.Config) -> Progress:
    """Tells what takes long."""
    return Told(pytestconfig.pluginmanager)


@pytest.fixture(scope="session")
def say(progress: Progress) -> Callable[[str], None]:
    """Writes a progress line."""
    return progress.say


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether everything is done as often and as long as promised."""
    return bool(pytestconfig.getoption("--full"))


@pytest.fixture(scope="session")
def ended_gently() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does: what it started is ended too."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def place(ended_gently: None, progress: Progress) -> Iterator[Place]:
    """The cluster, running."""
    chosen = choose()
    with ExitStack() as stack:
        stack.callback(chosen.down)
        chosen.up(progress)
        yield chosen


@pytest.fixture(scope="session")
def images(place: Place, progress: Progress) -> tuple[str, ...]:
    """The tags of the shop's images, which the cluster has."""
    return made.provide(place, progress)


@pytest.fixture(scope="session")
def stores(place: Place, progress: Progress) -> Iterator[Stores]:
    """The stores beside the cluster, running and empty."""
    beside = Stores(place.host)
    with ExitStack() as stack:
        stack.callback(beside.down)
        beside.up(progress)
        yield beside


@pytest.fixture(scope="session")
def shop(place: Place, images: tuple[str, ...], stores: Stores, progress: Progress) -> Iterator[Release]:
    """The shop, installed with the first tag and ready."""
    release = Release(place, stores, progress)
    with ExitStack() as stack:
        stack.callback(release.uninstall)
        release.uninstall()  # what another run left in a cluster that stays
        release.install(images[0])
        release.wait_ready()
        release.fill()
        yield release
