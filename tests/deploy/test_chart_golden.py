"""The renderings that are committed are what helm makes of the chart, and what is generated of the chart is up to date."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.edge.contracts import Contracts, build_descriptor_set
from deploy.helm import generate
from deploy.helm.chart import CHART, manifests, template
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


@pytest.fixture
def notes(tmp_path: Path) -> Callable[..., str]:
    """What helm says after an install, which it renders for a cluster only: here as the content of an object."""
    chart = tmp_path / "chart"
    shutil.copytree(CHART, chart)
    shutil.copy(CHART / "templates" / "NOTES.txt", chart / "notes.txt")
    said = '{{ tpl (.Files.Get "notes.txt") . | nindent 4 }}'
    (chart / "templates" / "notes.yaml").write_text(
        f"kind: ConfigMap\napiVersion: v1\nmetadata: {{name: notes}}\ndata:\n  said: |\n    {said}\n"
    )

    def say(scenario: str, *sets: str) -> str:
        objects = manifests(template([scenarios()[scenario]], sets, chart))
        (text,) = (each["data"]["said"] for each in objects if each["metadata"]["name"] == "notes")
        return str(text)

    return say


@pytest.mark.slow
def test_the_notes_tell_what_to_do_next_and_what_is_not_so(notes: Callable[..., str]) -> None:
    (webhook,) = (
        binding.path
        for method in Contracts(build_descriptor_set()).public_methods
        for binding in method.bindings
        if method.name == "ReceiveStripeNotice"
    )
    external, trial = notes("external"), notes("trial")
    assert f"https://shop.example{webhook}\n" in external
    for text in (external, trial):
        assert "Each pod of the edge counts rate limits for itself" in text
        assert "helm -n shop test shop" in text
    assert "a stand-in takes Stripe's place" in trial
    assert "not for a shop" in trial
    assert "not for a shop" not in external
    assert "Set it to 1" in notes("external", "edge.ingress.enabled=true")
    assert "Set it to 1" not in notes("production")
