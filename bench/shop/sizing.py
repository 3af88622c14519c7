"""How many cores a shop needs for so many orders a second, reckoned from what `capacity` measured."""

import math
from typing import Any

from bench.shop.capacity import PARTS, PURCHASE

MIX = {
    "a product": 30.0,
    "a list of 20 products": 15.0,
    "a cart": 5.0,
    "a new cart, one item": 2.0,
    "an order": 2.0,
    "a log-in": 0.2,
    PURCHASE: 1.0,
}
"""Requests that come with one order, where a visit in thirty ends in one: assumed, nobody measured it."""
BUSY = 0.6
"""Part of a core that is used when all is well; the rest is for bursts, and for a pod that is away."""
LEAST = 2


def reckon(measured: dict[str, dict[str, Any]], orders: tuple[int, ...] = (10, 100, 1000)) -> dict[str, dict[str, Any]]:
    """By part: milliseconds of processor time that come with one order, then cores for so many orders a second."""
    rows: dict[str, dict[str, Any]] = {}
    for part in PARTS:
        ms = sum(often * measured[kind].get(part, 0.0) for kind, often in MIX.items())
        cores = {f"{each}/s": max(LEAST, math.ceil(each * ms / 1000 / BUSY)) for each in orders}
        rows[part] = {"ms": round(ms, 1), **cores}
    return rows
