"""``docs/helm-values.md`` from ``values.yaml``."""

import json
from collections.abc import Iterator, Sequence

from deploy.helm.values import Untold, Value

HEAD = """\
# Values of the chart

Written by `python -m deploy.helm.generate` from `deploy/helm/shopmesh/values.yaml`: don't edit it by hand. A key that is
not listed here is refused by its name. Each key of `defaults` may stand in `services.<name>` as well, where it holds for
that service alone; a new service is such a block."""


def text(values: Sequence[Value]) -> str:
    """The page; Untold where a key has no sentence."""
    lines = [HEAD]
    for value in values:
        lines += [f"\n## {value.key}\n\n{_sentence(value)}\n", *_table(value)]
    return "\n".join(lines) + "\n"


def _table(value: Value) -> Iterator[str]:
    yield "| value | default | meaning |\n|---|---|---|"
    if value.path == "services":
        for name, block in value.default.items():
            yield f"| services.{name} | `{_plain(block)}` | The service {name}. |"
        return
    for leaf in value.leaves():
        yield f"| {leaf.path} | `{_plain(leaf.default)}` | {_meaning(leaf)} |"


def _meaning(leaf: Value) -> str:
    choices = leaf.tags.get("enum")
    said = _sentence(leaf) if leaf.text or not choices else ""
    return (said + (f" One of {choices}." if choices else "")).strip().replace("|", "\\|")


def _sentence(value: Value) -> str:
    if not value.text:
        raise Untold(f"{value.path} has no sentence above it in values.yaml")
    return value.text


def _plain(content: object) -> str:
    return json.dumps(content, ensure_ascii=False)
