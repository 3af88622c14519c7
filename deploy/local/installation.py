"""Where one local stack lives and what its owner has set: folders, ports, addresses of somebody else's servers."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from deploy.local.bootstrap import ROOT, cache_root
from deploy.local.errors import StackError

SERVICES = ("catalog", "cart", "order", "payment", "auth", "notify")
HOST = "127.0.0.1"
CACHE, OFFSET = "SHOPMESH_CACHE", "SHOPMESH_PORT_OFFSET"
BROKERS = "KAFKA_BROKERS"
KAFKA_NODES = ("kafka", "kafka-2", "kafka-3")
HIGHEST_PORT = 65535
VENDOR_SETTINGS = (
    "POSTGRES_URL",
    "MONGODB_URI",
    "VALKEY_URL",
    "SMTP_URL",
    "STRIPE_API_KEY",
    "STRIPE_PUBLISHABLE_KEY",
    "STRIPE_WEBHOOK_SECRETS",
    "STRIPE_API_BASE",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
)


@dataclass(frozen=True)
class Installation:
    """One stack on this machine. `overrides` are its owner's settings by name, as in `.env`.

    `test` trades durability and rate limits for speed. `also` is a second address that its stores listen at, for
    programs on another network of this machine, such as the pods of a test cluster.
    """

    state: Path
    ports: Mapping[str, int]
    cache: Path = field(default_factory=cache_root)
    overrides: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    test: bool = False
    root: Path = ROOT
    also: str | None = None

    def address(self, name: str) -> str:
        """`host:port` of the named port in ports.toml."""
        return f"{HOST}:{self.ports[name]}"

    def also_address(self, name: str) -> str:
        """The same at the second address."""
        assert self.also is not None
        return f"{self.also}:{self.ports[name]}"

    @property
    def listened(self) -> tuple[str, ...]:
        """Every address that the stores listen at."""
        return (HOST, self.also) if self.also else (HOST,)

    @property
    def kafka_nodes(self) -> tuple[str, ...]:
        """The names of our own Kafka's nodes, one or all three."""
        return KAFKA_NODES if self.overrides.get(BROKERS) == str(len(KAFKA_NODES)) else KAFKA_NODES[:1]

    def folder(self, *parts: str) -> Path:
        """A folder under the state folder, made if missing."""
        path = self.state.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path


def read_ports(offset: int, *, test: bool) -> dict[str, int]:
    """Port by name from ports.toml, moved by `offset`, and by the file's `test_offset` for the test stack."""
    content = tomllib.loads((Path(__file__).parent / "ports.toml").read_text())
    move = offset + (content["test_offset"] if test else 0)
    if not 0 <= move <= HIGHEST_PORT - max(content["ports"].values()):
        raise StackError(f"{OFFSET}={offset} moves ports beyond {HIGHEST_PORT}: take 1000 to 20000")
    return {name: port + move for name, port in content["ports"].items()}


def offset_of(overrides: dict[str, str]) -> int:
    """The owner's port offset, taken out of the settings, as no service knows it."""
    text = overrides.pop(OFFSET, "0")
    if not text.isdecimal():
        raise StackError(f"{OFFSET} is {text!r}: it must be a number, such as 1000")
    return int(text)


def read_overrides(dotenv: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The owner's settings: `dotenv`'s, and over them the environment's; empty values count as not set.

    Where the cache is, only the environment says: it is needed before `dotenv` can be read.
    """
    merged = {**dotenv_values(dotenv), **{name: value for name, value in environment.items() if name != CACHE}}
    return {
        name: value
        for name, value in merged.items()
        if value and (name.startswith("SHOPMESH_") or name in (*VENDOR_SETTINGS, BROKERS))
    }


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without this product's settings: a service is given those that concern it and refuses others."""
    return {name: value for name, value in environment.items() if not name.startswith("SHOPMESH_")}


def of_development(environment: Mapping[str, str]) -> Installation:
    """The stack of `make up`, in `.local/`."""
    overrides = read_overrides(ROOT / ".env", environment)
    ports = read_ports(offset_of(overrides), test=False)
    return Installation(ROOT / ".local", ports, overrides=overrides)


def of_tests(environment: Mapping[str, str]) -> Installation:
    """The stack of `make test`, in `.local/test`: own ports, own data, and no server of anybody else's
    unless `.env.test` names it."""
    ports = read_ports(offset_of(read_overrides(ROOT / ".env", environment)), test=True)
    overrides = read_overrides(ROOT / ".env.test", {})
    return Installation(ROOT / ".local" / "test", ports, overrides=overrides, prefix="t1.", test=True)
