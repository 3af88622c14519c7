"""The three images, built once for what they are made of, under two tags, and one that is broken: an archive in the cache."""

import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.cluster import images as builder
from deploy.cluster.places import Place as Cluster
from deploy.local.bootstrap import ROOT, locked
from deploy.local.progress import Progress
from tests.cluster.errors import ClusterError
from tests.cluster.place import OWN_REGISTRY, Kind, Own, Place

TAGS = FIRST, SECOND = "test-1", "test-2"
IMAGES = ("services", "edge", "stripe")
RECIPES = ROOT / "deploy" / "images"
KEPT_DAYS = 14
LATER = "COPY release.txt /app/release.txt"
"""The second tag: the first with one more layer, so that it is another image and nothing else changes."""
BROKEN = "test-broken"
"""Only of the services, and only for a cluster of our own: catalog has one revision more, which fails."""
FOLDER = "services/catalog/migrations/versions"
BREAKS = f"COPY --chmod=644 9999_broken.py /app/{FOLDER}/"
BROKEN_REVISION = '''"""A mistake: the table is there already."""

from alembic import op

revision = "9999"
down_revision = "{known}"


def upgrade() -> None:
    op.execute("create table products (id uuid)")
'''


def archives(place: Place, progress: Progress) -> list[Path]:
    """Build what isn't in the cache; none for a cluster that pulls its images itself."""
    if isinstance(place, Own):
        return [ensure(place.cluster, progress)]
    if isinstance(place, Kind):
        return bake(place.kubeconfig.parent, progress)
    return []


def provide(place: Place, archives: Sequence[Path], progress: Progress) -> tuple[str, ...]:
    """Put them into the cluster where that is ours to do; the tags that are there then."""
    if place.loads:
        progress.say("putting the images into the cluster")
        place.load(archives)
        progress.say("images are in the cluster")
    return TAGS


def ensure(cluster: Cluster, progress: Progress) -> Path:
    """The archive of all images and tags, by `deploy.cluster`."""
    folder = cluster.cache / "cluster-archives"
    drop_old(folder)
    archive = folder / f"shop-{digest()}.tar"
    with locked(folder):
        if not archive.exists():
            builder.base(cluster, progress)
            for image in IMAGES:
                progress.say(f"building the image {image}")
                recipe = str(RECIPES / f"{image}.Dockerfile")
                builder.build(cluster, name(image, FIRST), ROOT, "--file", recipe, "--build-arg", f"VERSION={FIRST}")
                add(cluster, image, SECOND, LATER, "release.txt", f"{SECOND}\n")
            add(cluster, "services", BROKEN, BREAKS, "9999_broken.py", broken())
            every = [name(image, tag) for tag in TAGS for image in IMAGES]
            builder.save(cluster, archive, *every, name("services", BROKEN))
    return archive


def add(cluster: Cluster, image: str, tag: str, instruction: str, file: str, content: str) -> None:
    """One more tag of an image, which the instruction adds this file to."""
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        (context / file).write_text(content)
        (context / "Dockerfile").write_text(f"FROM {name(image, FIRST)}\n{instruction}\n")
        builder.build(cluster, name(image, tag), context)


def broken() -> str:
    """A revision after the last one."""
    return BROKEN_REVISION.format(known=max(each.name[:4] for each in (ROOT / FOLDER).glob("[0-9]*.py")))


def bake(folder: Path, progress: Progress) -> list[Path]:
    """The archives of all images, by an engine's own builder."""
    progress.say("building the images with docker buildx bake")
    made = []
    for tag in TAGS:
        docker("buildx", "bake", "--load", environment={"REGISTRY": OWN_REGISTRY, "TAG": tag})
        file = folder / f"images-{tag}.tar"
        docker("save", "--output", str(file), *(name(image, tag) for image in IMAGES))
        made.append(file)
    return made


def docker(*arguments: str, environment: dict[str, str] | None = None) -> None:
    finished = subprocess.run(
        ["docker", *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise ClusterError(f"`docker {' '.join(arguments)}` failed:\n{finished.stdout}{finished.stderr}")


def name(image: str, tag: str) -> str:
    """As Kubernetes asks for it."""
    return f"{OWN_REGISTRY}/{image}:{tag}"


def digest() -> str:
    """Changes with anything that the images are made of."""
    total = hashlib.sha256()
    for file in sorted([*inputs(), *RECIPES.glob("*.Dockerfile"), builder.SCRIPT, Path(__file__)]):
        total.update(f"{file.relative_to(ROOT)}\0".encode())
        total.update(file.read_bytes())
    return total.hexdigest()[:12]


def inputs() -> Iterator[Path]:
    """What .dockerignore lets a builder see."""
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            place = ROOT / line[1:]
            yield from (path for path in (place.rglob("*") if place.is_dir() else [place]) if counts(path))


def counts(path: Path) -> bool:
    return path.is_file() and path.suffix != ".pyc"


def drop_old(folder: Path) -> None:
    """Remove archives that were made so long ago that nobody will ask for them."""
    for file in folder.glob("*.tar"):
        if time.time() - file.stat().st_mtime > KEPT_DAYS * 24 * 3600:
            file.unlink(missing_ok=True)
