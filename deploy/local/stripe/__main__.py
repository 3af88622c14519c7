"""`python -m deploy.local.stripe serve`."""

from __future__ import annotations

from pathlib import Path

import click
import uvicorn

from .app import create_app
from .settings import Settings


@click.group()
def main() -> None:
    """A stand-in for Stripe's API, hosted payment page and webhooks."""


@main.command()
@click.option(
    "--listen",
    envvar="STRIPE_STANDIN_LISTEN",
    default="127.0.0.1:8121",
    show_default=True,
    show_envvar=True,
    help="Address and port.",
)
@click.option(
    "--state-dir",
    envvar="STRIPE_STANDIN_STATE_DIR",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    show_envvar=True,
    help="Where the database lies; made if missing.",
)
@click.option(
    "--webhook-url",
    envvar="STRIPE_STANDIN_WEBHOOK_URL",
    show_envvar=True,
    help="Where events are posted. Without it, none are.",
)
@click.option(
    "--webhook-secret",
    "webhook_secrets",
    envvar="STRIPE_STANDIN_WEBHOOK_SECRET",
    multiple=True,
    show_envvar=True,
    help="Signs webhooks; give it twice (in the environment: with a blank between) while rotating.",
)
@click.option(
    "--public-url",
    envvar="STRIPE_STANDIN_PUBLIC_URL",
    show_envvar=True,
    help="The address browsers reach.  [default: http://LISTEN]",
)
def serve(
    listen: str, state_dir: Path, webhook_url: str | None, webhook_secrets: tuple[str, ...], public_url: str | None
) -> None:
    """Serve until stopped."""
    host, _, port = listen.rpartition(":")
    if webhook_url and not webhook_secrets:
        raise click.UsageError("--webhook-url needs --webhook-secret")
    if webhook_url and not webhook_url.startswith(("http://", "https://")):
        raise click.UsageError("--webhook-url must begin with http:// or https://")
    settings = Settings(state_dir, (public_url or f"http://{listen}").rstrip("/"), webhook_url, webhook_secrets)
    uvicorn.run(
        create_app(settings),
        host=host,
        port=int(port),
        access_log=False,
        log_level="info",
        timeout_graceful_shutdown=2,
        timeout_keep_alive=75,  # longer than clients keep a connection, or some request meets one that is just closing
    )


if __name__ == "__main__":
    main()
