"""Where the cluster of this checkout lives: its folder, and names and addresses that no other checkout's cluster has."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from deploy.local.bootstrap import ROOT, cache_root
from deploy.local.installation import offset_of, read_overrides

STEP, SLOTS = 500, 40
"""Checkouts are SHOPMESH_PORT_OFFSET apart; offsets that meet in one slot can't run at the same time (slots.py)."""


@dataclass(frozen=True)
class Place:
    """One cluster's state folder, prefix of interfaces and control groups, and first octets of its addresses."""

    name: str
    net: str
    pods: str
    services: str
    work: Path = ROOT / ".local" / "cluster"
    cache: Path = field(default_factory=cache_root)

    @property
    def host(self) -> str:
        """This machine, as nodes and pods find it."""
        return f"{self.net}.1"

    @property
    def kubeconfig(self) -> Path:
        """Of an administrator; there while the cluster runs."""
        return self.work / "admin.kubeconfig"

    @property
    def images(self) -> Path:
        """Images and their layers, for all checkouts."""
        return self.cache / "cluster-images"


def of_checkout() -> Place:
    """The place of this checkout's cluster; CLUSTER_SLOT names another, which may run beside it."""
    if chosen := os.environ.get("CLUSTER_SLOT"):
        return replace(of_slot(int(chosen)), work=ROOT / ".local" / f"cluster-{chosen}")
    return of_slot(offset_of(read_overrides(ROOT / ".env", os.environ)) // STEP % SLOTS)


def of_slot(slot: int) -> Place:
    """Three networks of a slot's own, in a range that home and office networks seldom use."""
    return Place(f"sm{slot}", f"10.210.{slot}", f"10.{130 + slot}", f"10.{170 + slot}")
