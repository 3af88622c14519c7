"""The three images, built once for what they are made of, under two tags, and one that is broken: an archive in the cache."""

import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

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
LATER = "app/release.txt"
"""The second tag: the first with this file in one more layer, so that it is another image and nothing else changes."""
BROKEN = "test-broken"
"""Only of the services, and only for a cluster of our own: catalog has one revision more, which fails."""
FOLDER = "services/catalog/migrations/versions"
BREAKS = f"app/{FOLDER}/9999_broken.py"
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
            with tempfile.TemporaryDirectory(dir=folder) as apart:
                parts = list(made(cluster, Path(apart), progress))
                builder.join(parts, draft := Path(apart) / "whole.tar")
                draft.replace(archive)
    return archive


def made(cluster: Cluster, folder: Path, progress: Progress) -> Iterator[Path]:
    """The archive of each image and tag."""
    for image in IMAGES:
        progress.say(f"building the image {image}")
        recipe = str(RECIPES / f"{image}.Dockerfile")
        builder.build(cluster, name(image, FIRST), ROOT, "--file", recipe, "--build-arg", f"VERSION={FIRST}")
        builder.run(cluster, "save", str(first := folder / f"{image}.tar"), name(image, FIRST))
        yield first
        yield derived(first, name(image, SECOND), LATER, SECOND)
        if image == "services":
            yield derived(first, name(image, BROKEN), BREAKS, broken())


def derived(first: Path, tag: str, file: str, content: str) -> Path:
    """The image of an archive with a file more, as an archive that lacks the layers which the first one has."""
    with tarfile.open(first) as whole:
        (entry,) = json.load(read(whole, "manifest.json"))
        config = json.load(read(whole, entry["Config"]))
    layer = packed({file: content.encode()})
    digest = hashlib.sha256(layer).hexdigest()
    config["rootfs"]["diff_ids"].append(f"sha256:{digest}")
    config["history"].append({"created_by": f"{tag} adds {file}"})
    described = json.dumps(config).encode()
    about = f"{hashlib.sha256(described).hexdigest()}.json"
    entry |= {"Config": about, "RepoTags": [tag], "Layers": [*entry["Layers"], f"{digest}.tar"]}
    archive = first.with_name(f"{about}.tar")
    files = {about: described, f"{digest}.tar": layer, "manifest.json": json.dumps([entry]).encode()}
    archive.write_bytes(packed(files))
    return archive


def packed(files: Mapping[str, bytes]) -> bytes:
    """A tar of files that everybody may read."""
    with io.BytesIO() as out:
        with tarfile.open(fileobj=out, mode="w") as archive:
            for path, content in files.items():
                member = tarfile.TarInfo(path)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return out.getvalue()


def read(archive: tarfile.TarFile, path: str) -> IO[bytes]:
    content = archive.extractfile(path)
    assert content is not None
    return content


def broken() -> str:
    """A revision after the last one."""
    return BROKEN_REVISION.format(known=max(each.name[:4] for each in (ROOT / FOLDER).glob("[0-9]*.py")))


def bake(folder: Path, progress: Progress) -> list[Path]:
    """The archives of all images, by an engine's own builder."""
    progress.say("building the images with docker buildx bake")
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for tag in TAGS:
        docker("buildx", "bake", "--load", environment={"REGISTRY": OWN_REGISTRY, "TAG": tag})
        file = folder / f"images-{tag}.tar"
        docker("save", "--output", str(file), *(name(image, tag) for image in IMAGES))
        files.append(file)
    return files


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
