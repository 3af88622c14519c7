"""Fetch archives of the Maven repository: `fetch_jars.py TARGET PATH...` (run with jgo's folder on PYTHONPATH).

PATH is the archive's place in the repository, `group/as/folders/artifact/version/artifact-version[-classifier].jar`.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from jgo.maven import MavenContext  # type: ignore[import-not-found] # it lives apart from .venv


def fetch(context: MavenContext, name: str) -> None:
    """Download one archive into the context's folder."""
    path = PurePosixPath(name)
    *group, artifact, version = path.parent.parts
    classifier = path.stem.removeprefix(f"{artifact}-{version}").lstrip("-")
    context.project(".".join(group), artifact).at_version(version).artifact(classifier).resolve()


def main(target: str, *names: str) -> None:
    context = MavenContext(repo_cache=Path(target), timeout=120)
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda name: fetch(context, name), names):
            pass


main(*sys.argv[1:])
