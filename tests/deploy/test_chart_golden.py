"""The renderings that are committed are what helm makes of the chart, and what is generated of the chart is up to date."""

from pathlib import Path

import pytest

from deploy.helm import generate
from deploy.helm.render import BY_CHANCE, GOLDEN, rendered, scenarios, text_of
from deploy.helm.values import Untold, read


@pytest.mark.slow
@pytest.mark.parametrize("scenario", sorted(scenarios()))
def test_each_scenario_renders_as_committed(scenario: str) -> None:
    committed = (GOLDEN / f"{scenario}.yaml").read_text()
    made = text_of(rendered(scenarios()[scenario]))
    assert made == committed, "python -m deploy.helm.render, and look at the difference"


def test_no_rendering_is_left_of_a_scenario_that_is_gone() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(scenarios())


def test_no_secret_that_was_made_by_chance_is_committed() -> None:
    text = (GOLDEN / "trial.yaml").read_text()
    assert BY_CHANCE in text
    for word in ("LS0tLS1CRUdJTi", "PRIVATE KEY", "k1:"):
        assert not any(word in path.read_text() for path in GOLDEN.iterdir())


def test_what_is_generated_of_the_chart_is_committed() -> None:
    assert generate.stale() == []


def test_a_file_that_is_out_of_date_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = next(path for path in generate.files() if path.name == "helm-values.md")
    monkeypatch.setattr(generate, "files", lambda: {page: "another text", tmp_path / "gone": ""})
    monkeypatch.setattr(generate, "ROOT", page.anchor)
    assert [line.rpartition(" is out of date")[0].rpartition("/")[2] for line in generate.stale()] == [
        page.name,
        "gone",
    ]


def test_values_need_a_sentence_each() -> None:
    from deploy.helm import table

    with pytest.raises(Untold, match=r"edge\.port"):
        table.text(read("# The edge.\nedge:\n  port: 1\n"))


def test_comments_and_tags_above_a_key_are_its_own() -> None:
    (edge,) = read("# The edge.\n# @minimum: 1\n# Second line.\nedge: 3 # beside\n")
    assert (edge.text, edge.tags, edge.default) == ("The edge. Second line.", {"minimum": "1"}, 3)
