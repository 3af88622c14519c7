"""Command line of the edge: ``python -m deploy.edge render --help``."""

from pathlib import Path

import click
from pydantic import ValidationError

from deploy.edge.contracts import build_descriptor_set
from deploy.edge.leave import AdminError
from deploy.edge.leave import leave as leave_traffic
from deploy.edge.render import GENERATED, UnknownMethodError
from deploy.edge.render import render as render_files
from deploy.edge.settings import SERVICES, EdgeSettings, load

ADMIN = EdgeSettings.model_fields["admin"].default


@click.group()
def main() -> None:
    """The edge of Shopmesh: Envoy's configuration, made from the contracts."""


def _clusters(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    if any(not separator for _, separator, _ in pairs):
        raise click.BadParameter("must be service=host:port")
    return {name: address for name, _, address in pairs}


@main.command()
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write to.")
@click.option("--config", type=click.Path(path_type=Path, exists=True), help="Settings as TOML; options go over it.")
@click.option(
    "--descriptors", type=click.Path(path_type=Path, exists=True), help="Built descriptor set; else buf builds."
)
@click.option(
    "--documents", type=click.Path(path_type=Path, exists=True), default=GENERATED, help="openapi.json, docs.html."
)
@click.option("--listen", help="host:port of the public listener.")
@click.option("--admin", help="host:port of Envoy's administration.")
@click.option("--jwks-port", type=int, help="Port of 127.0.0.1 where Envoy reads the public keys from itself.")
@click.option(
    "--cluster", "clusters", multiple=True, callback=_clusters, help=f"service=host:port; {', '.join(SERVICES)}."
)
@click.option("--directory", help="Where Envoy finds the files, if not in --out.")
@click.option("--issuer", help="Issuer of access tokens.")
@click.option("--audience", help="Audience of access tokens.")
@click.option("--cors-origin", "cors_origins", multiple=True, help="Origin of a web page that may call; * is any.")
@click.option("--trusted-hops", type=int, help="Proxies in front whose X-Forwarded-For entry is believed.")
@click.option("--otlp", help="host:port that spans are sent to by OTLP/gRPC.")
@click.option("--trace-percent", type=float, help="Traces begun here that are sampled, 0 to 100.")
def render(out: Path, config: Path | None, descriptors: Path | None, documents: Path, **options: object) -> None:
    """Write Envoy's files into --out; then `envoy -c OUT/envoy.yaml` serves. What has no option is set in --config."""
    given = {name: value for name, value in options.items() if value}
    if options["trace_percent"] is not None:
        given["trace_percent"] = options["trace_percent"]
    try:
        settings = load(config, given)
        render_files(settings, descriptors.read_bytes() if descriptors else build_descriptor_set(), out, documents)
    except (ValidationError, UnknownMethodError) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--least", type=click.FloatRange(min=0), default=10.0, show_default=True, help="Seconds to wait anyway.")
@click.option("--most", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds to wait at most.")
@click.option("--admin", default=ADMIN, show_default=True, help="host:port of Envoy's administration.")
def leave(least: float, most: float, admin: str) -> None:
    """Take the running edge out of use; returns when no request is left, then it may be stopped."""
    try:
        left = leave_traffic(admin, least, most)
    except AdminError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{left} requests left" if left else "no request left")


if __name__ == "__main__":
    main()
