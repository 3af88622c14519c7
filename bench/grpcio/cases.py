"""What is compared with what: one case is a server, a client and their environment."""

from dataclasses import dataclass, field

VERSIONS = ("1.75.1", "1.76.0", "1.78.2", "1.80.1", "1.83.2", "1.85.1")
ABUSES = ("bomb", "overlong", "fragments")
NO_EVENT_ENGINE = ",".join(
    f"-event_engine_{part}"
    for part in (
        "client",
        "listener",
        "dns",
        "for_all_other_endpoints",
        "poller_for_python",
    )
)


@dataclass(frozen=True)
class Case:
    """One row of a table. `server` and `client` are further command-line arguments of the two programs."""

    name: str
    version: str
    client_version: str
    server: tuple[str, ...] = ()
    client: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    tls: bool = False


def versions(names: tuple[str, ...], client_version: str | None) -> list[Case]:
    """A product read on every release; the newest also without its event engine.

    With `client_version` every server meets that client; without, client and server are of the same release.
    """
    cases = [Case(name, name, client_version or name) for name in names]
    newest = cases[-1]
    switches = {"GRPC_EXPERIMENTS": NO_EVENT_ENGINE}
    without = Case(
        f"{newest.name}, event engine off",
        newest.version,
        newest.client_version,
        environment=switches,
    )
    return [*cases, without]


def costs(version: str) -> list[Case]:
    """An order placement with one addition at a time; the first case has none."""

    def case(name: str, *server: str, sampled: int = 0, tls: bool = False) -> Case:
        client = ("--method", "order", "--sampled", str(sampled))
        return Case(name, version, version, server=server, client=client, tls=tls)

    return [
        case("bare"),
        case("protovalidate", "--validate"),
        case("mutual TLS", tls=True),
        case("tracing by hand, 0% sampled", "--telemetry", "hand"),
        case("tracing by hand, 10% sampled", "--telemetry", "hand", sampled=10),
        case("tracing by hand, 100% sampled", "--telemetry", "hand", sampled=100),
        case("stock instrumentation, 0% sampled", "--telemetry", "stock"),
        case("stock instrumentation, 100% sampled", "--telemetry", "stock", sampled=100),
    ]
