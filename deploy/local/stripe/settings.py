"""What one running stand-in is told from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Start-up options; `public_url` is the address that browsers and clients reach, without a final slash."""

    state_dir: Path
    public_url: str
    webhook_url: str | None = None
    webhook_secrets: tuple[str, ...] = ()
