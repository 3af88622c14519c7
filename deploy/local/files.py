"""Files and folders of the stack: who may read them, who owns them, and whether they changed."""

import os
import pwd
import shutil
import stat
from pathlib import Path

from deploy.local.bootstrap import digest
from deploy.local.installation import Installation


def write_private(path: Path, text: str) -> None:
    """Replace the file's text at once, readable by its owner alone."""
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)


def unprivileged_user() -> str | None:
    """Whom root drops to for programs that refuse root; None when we aren't root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def reachable_by_others(path: Path) -> bool:
    """Whether every folder down to `path` lets other users pass."""
    existing = [folder for folder in (path, *path.parents) if folder.exists()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in existing)


def folder_for_user(installation: Installation, name: str, user: str | None) -> Path:
    """The state folder `name`, owned by `user`.

    Under a home that other users can't enter, the folder lies in /var/lib/shopmesh and the state folder links to it.
    """
    place = installation.state / name
    if user is None:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        return place
    if not reachable_by_others(installation.folder()) and not place.is_symlink():
        checkout = str(installation.state.resolve()).strip("/").replace("/", "-")
        elsewhere = Path("/var/lib/shopmesh") / f"{checkout}-{name}"
        elsewhere.mkdir(parents=True, exist_ok=True)
        place.symlink_to(elsewhere)
    place.mkdir(exist_ok=True)
    shutil.chown(place.resolve(), user)
    return place.resolve()


def fingerprint_of(folder: Path) -> str:
    """A digest of the folder's code and templates: it changes when a running process must be restarted."""
    suffixes = {".py", ".java", ".sql", ".yaml", ".toml", ".html", ".txt", ".j2", ".proto", ".lua", ".json"}
    return digest(*sorted(path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file()))
