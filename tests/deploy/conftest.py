"""The chart, rendered by helm."""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
import yaml

from deploy.helm.chart import HelmError, manifests, template
from deploy.helm.render import scenarios
from tests.deploy.objects import Rendering

Render = Callable[..., Rendering]


@cache
def of_scenario(name: str, *sets: str) -> Rendering:
    """A scenario as helm renders it, some values changed, with what is made by chance."""
    return Rendering(manifests(template([scenarios()[name]], sets)))


@pytest.fixture(params=sorted(scenarios()))
def scenario(request: pytest.FixtureRequest) -> str:
    """The name of each scenario in turn."""
    name: str = request.param
    return name


@pytest.fixture
def rendering(scenario: str) -> Rendering:
    """Each scenario in turn."""
    return of_scenario(scenario)


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """Renders a scenario with changes: as ``--set`` options, or as values in YAML."""

    def rendered(*sets: str, base: str = "external", values: str = "") -> Rendering:
        return Rendering(manifests(template(_files(base, values, tmp_path), sets)))

    return rendered


@pytest.fixture
def refusal(tmp_path: Path) -> Callable[..., str]:
    """What helm says to a scenario with changes that it must refuse."""

    def refused(*sets: str, base: str = "external", values: str = "") -> str:
        with pytest.raises(HelmError) as error:
            template(_files(base, values, tmp_path), sets)
        return str(error.value)

    return refused


def _files(base: str, values: str, folder: Path) -> Iterable[Path]:
    changes = folder / "changes.yaml"
    changes.write_text(values or "{}")
    assert yaml.safe_load(changes.read_text()) is not None
    return [*([scenarios()[base]] if base else []), changes]
