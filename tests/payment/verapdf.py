"""veraPDF, the open validator of PDF/A and PDF/UA: fetched once, by pin and checksum, into the local stack's cache."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from deploy.local.bootstrap import cache_root
from deploy.local.components.java import JAVA, java, small_heap
from deploy.local.downloads import Jars, fetch_all
from deploy.local.progress import Progress

VERAPDF = Jars("verapdf", 16)


def validate(files: Sequence[Path], flavour: str) -> dict[str, list[str]]:
    """For each file by name, the rules of the flavour (`3a`, `ua1`) that it breaks, as sentences: none where it complies."""
    cache = cache_root()
    fetch_all([JAVA, VERAPDF], cache, Progress())
    [jar] = VERAPDF.files(cache)
    command = [java(cache), *small_heap(256), "-jar", str(jar), "--flavour", flavour, "--format", "json"]
    # It exits with 1 where a file does not comply.
    told = subprocess.run([*command, *map(str, files)], check=False, capture_output=True, text=True, timeout=100)
    jobs = json.loads(told.stdout)["report"]["jobs"]
    return {Path(job["itemDetails"]["name"]).name: _broken(job["validationResult"][0]) for job in jobs}


def _broken(result: dict[str, object]) -> list[str]:
    details = result["details"]
    assert isinstance(details, dict)
    broken = [rule["description"] for rule in details["ruleSummaries"] if rule["ruleStatus"] == "FAILED"]
    return broken if broken or result["compliant"] else [str(result["statement"])]
