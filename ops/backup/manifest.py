"""What a backup says of itself, and whether that is true of its files."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ops.backup.settings import DATABASES
from ops.errors import Refused

PRODUCT, FORMAT, FILE = "shopmesh", 1, "manifest.json"


class SavedFile(BaseModel):
    """A file of the backup; `size` in bytes."""

    model_config = ConfigDict(frozen=True)

    file: str
    sha256: str
    size: int


class SavedDatabase(SavedFile):
    """A dump. `revision` is the schema's; `server` the major version of PostgreSQL that it came from."""

    database: str
    revision: str
    incarnation: int
    server: int
    snapshot_time: datetime


class SavedCarts(SavedFile):
    """Keys of Valkey with their values, as `ops.backup.carts` writes them."""

    keys: int


class Manifest(BaseModel):
    """`time` is the moment that the shop goes back to; `pg_dump` the program's major version."""

    model_config = ConfigDict(frozen=True)

    product: str = PRODUCT
    format: int = FORMAT
    time: datetime
    prefix: str
    pg_dump: int
    databases: dict[str, SavedDatabase]
    carts: SavedCarts

    @property
    def incarnation(self) -> int:
        return max(each.incarnation for each in self.databases.values())

    def files(self) -> Iterator[SavedFile]:
        yield from self.databases.values()
        yield self.carts


def write(folder: Path, manifest: Manifest) -> None:
    """The last file of a backup."""
    (folder / FILE).write_text(manifest.model_dump_json(indent=2) + "\n")


def read(folder: Path) -> Manifest:
    """What a backup says of itself; Refused where it is none of ours, or of a newer release, or damaged."""
    try:
        content = json.loads((folder / FILE).read_text())
    except OSError as error:
        raise Refused(f"{folder} is no backup: it has no {FILE} that can be read") from error
    except ValueError as error:
        raise Refused(f"{folder} is damaged: its {FILE} is no JSON") from error
    if not isinstance(content, dict) or content.get("product") != PRODUCT:
        raise Refused(f"{folder} is no backup of this product")
    if content.get("format") != FORMAT:
        raise Refused(
            f"{folder} has format {content.get('format')}, this release reads {FORMAT}: take the one it is of"
        )
    return _checked(folder, content)


def _checked(folder: Path, content: object) -> Manifest:
    try:
        manifest = Manifest.model_validate(content)
    except ValidationError as error:
        raise Refused(f"{folder} is damaged: {FILE} lacks {error.errors()[0]['loc']}") from error
    if missing := set(DATABASES) - manifest.databases.keys():
        raise Refused(f"{folder} is damaged: it has no {', '.join(sorted(missing))}")
    if any(Path(each.file).name != each.file for each in manifest.files()):
        raise Refused(f"{folder} is damaged: {FILE} names a file outside of it")
    return manifest


def verify(folder: Path, manifest: Manifest) -> None:
    """Refused, naming the file, where one is not what was written."""
    for each in manifest.files():
        file = folder / each.file
        if not file.is_file():
            raise Refused(f"{folder} is damaged: {each.file} is missing")
        if file.stat().st_size != each.size or sha256(file) != each.sha256:
            raise Refused(f"{folder} is damaged: {each.file} is not what was written")


def measured(file: Path) -> dict[str, Any]:
    """What a SavedFile says of this one."""
    return {"file": file.name, "sha256": sha256(file), "size": file.stat().st_size}


def sha256(file: Path) -> str:
    """In hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
