"""One cluster, its images, its stores and one release for all tests here; nothing of it is left at the end.

Fixtures, all of the session: `place` (tests.cluster.place.Place), `archives` (of the images, being made), `images` (tags
that are loaded), `stores` (tests.cluster.stores.Stores), `shop` (tests.cluster.release.Release, installed with test-1 and
ready; a test that upgrades it puts it back), `full` (whether all counts are asked for: `--full`), `say` (a progress line).
Every file here has `pytestmark = [pytest.mark.cluster, pytest.mark.timeout(...)]`.
Tests that need no image come first: they run while the images are being made.
"""

import signal
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType

import pytest
from _pytest.capture import CaptureManager
from _pytest.terminal import TerminalReporter

from deploy.local.progress import Progress
from tests.cluster import images as made
from tests.cluster.place import Place, choose
from tests.cluster.release import Release
from tests.cluster.report import Report
from tests.cluster.stores import Stores


class Told(Progress):
    """Progress among pytest's own lines, whatever it captures. What another thread says is told with the next line."""

    def __init__(self, plugins: pytest.PytestPluginManager) -> None:
        super().__init__()
        self._plugins = plugins
        self._others: list[str] = []

    def say(self, text: str) -> None:
        line = f"[{self.seconds:6.1f}s] {text}"
        if current_thread() is not main_thread():  # pytest switches its capture in the main one
            self._others.append(line)
            return
        capture: CaptureManager | None = self._plugins.get_plugin("capturemanager")
        reporter: TerminalReporter | None = self._plugins.get_plugin("terminalreporter")
        if capture and reporter:
            with capture.global_and_fixture_disabled():
                reporter.ensure_newline()
                while self._others:
                    reporter.write_line(self._others.pop(0))
                reporter.write_line(line)


def needs_images(item: pytest.Item) -> bool:
    """Whether the test asks for them, itself or by what it asks for."""
    return isinstance(item, pytest.Function) and "archives" in item.fixturenames


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=needs_images)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows what isn't ready then, and what happened lately."""
    report = yield
    shop = getattr(item, "funcargs", {}).get("shop")
    if report.failed and isinstance(shop, Release):
        found = Report(shop.api, shop.namespace)
        for title, tell in (("isn't ready", found.text), ("happened lately", found.latest)):
            try:
                report.sections.append((f"what {title} in the cluster", tell()))
            except Exception as error:  # a cluster that does not answer hides no failure
                report.sections.append((f"what {title} in the cluster", f"it does not say: {error}"))
    return report


@pytest.fixture(scope="session", autouse=True)
def begun(request: pytest.FixtureRequest) -> None:
    """Who needs images finds them begun by the first test."""
    if any(needs_images(item) for item in request.session.items):
        request.getfixturevalue("archives")


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
def chosen() -> Place:
    """The cluster, which may not run yet."""
    return choose()


@pytest.fixture(scope="session")
def place(ended_gently: None, chosen: Place, progress: Progress) -> Iterator[Place]:
    """The cluster, running."""
    with ExitStack() as stack:
        stack.callback(chosen.down)
        chosen.up(progress)
        yield chosen


@pytest.fixture(scope="session")
def archives(chosen: Place, progress: Progress) -> Iterator[Future[list[Path]]]:
    """The shop's images, being made while the tests that need none run."""
    with ThreadPoolExecutor(1) as apart:
        yield apart.submit(made.archives, chosen, progress)


@pytest.fixture(scope="session")
def images(archives: Future[list[Path]], place: Place, progress: Progress) -> tuple[str, ...]:
    """The tags of the shop's images, which the cluster has."""
    return made.provide(place, archives.result(), progress)


@pytest.fixture(scope="session")
def stores(place: Place, progress: Progress) -> Iterator[Stores]:
    """The stores beside the cluster, running and empty."""
    beside = Stores(place.host)
    with ExitStack() as stack:
        stack.callback(beside.down)
        beside.up(progress)
        yield beside


@pytest.fixture(scope="session")
def shop(place: Place, stores: Stores, images: tuple[str, ...], progress: Progress) -> Iterator[Release]:
    """The shop, installed with the first tag and ready."""
    release = Release(place, stores, progress)
    with ExitStack() as stack:
        if place.stays:
            stack.callback(release.uninstall)
            release.uninstall()  # what another run left
        release.install(images[0])
        release.wait_ready()
        release.fill()
        yield release
