"""``python -m deploy.helm.generate [--check]``: writes what of the chart follows from something else.

From the contracts and the settings the files that its templates read, from its values their schema and their page.
With ``--check`` writes nothing, names the files that are out of date, and fails where one is.
"""

import sys
from pathlib import Path

from deploy.helm import facts, schema, table
from deploy.helm.chart import CHART, ROOT
from deploy.helm.values import read


def files() -> dict[Path, str]:
    """Each file with its text."""
    values = read((CHART / "values.yaml").read_text())
    return {
        CHART / "files" / "callers.yaml": facts.callers(),
        CHART / "files" / "settings.yaml": facts.settings(),
        CHART / "files" / "limits.yaml": facts.limits(),
        CHART / "values.schema.json": schema.text(values),
        ROOT / "docs" / "helm-values.md": table.text(values),
    }


def stale() -> list[str]:
    """Files that generating would change."""
    return [
        f"{path.relative_to(ROOT)} is out of date: run python -m deploy.helm.generate"
        for path, text in files().items()
        if not path.exists() or path.read_text() != text
    ]


def main() -> None:
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(stale()) or 0)
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
