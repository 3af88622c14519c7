"""``python -m ops.smoke``: what `helm test` runs. Exit code 0: the shop works as far as was looked; 1: it does not."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
import httpx

from ops.console import refusals
from ops.errors import Refused
from ops.smoke.money import judge
from ops.smoke.shop import Guest, Json

STRIPE = "https://api.stripe.com"
REQUEST_SECONDS = 10.0


@click.command()
@click.option("--url", required=True, help="Address of the edge, such as http://shopmesh-edge.")
@click.option("--buy", is_flag=True, help="Buy one unit too, if no money can move and something is in stock.")
@click.option("--must-buy", is_flag=True, help="As --buy, but fail where nothing can be bought.")
@click.option("--stripe-url", default=STRIPE, show_default=True, help="Address of Stripe's API, or of the stand-in.")
@click.option("--email", default="smoke-test@example.com", show_default=True, help="Who buys; the mails go there.")
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True, help="Longest of each wait.")
def main(url: str, buy: bool, must_buy: bool, stripe_url: str, email: str, seconds: float) -> None:
    """Reads the catalogue of a running shop and, where no money can move, buys something there.

    STRIPE_API_KEY is the shop's own key; only its kind is looked at.
    """
    with refusals(), httpx.Client(base_url=url, timeout=REQUEST_SECONDS, trust_env=False) as client:
        guest = Guest(client, seconds)
        with step(f"read the catalogue at {url}"):
            page = guest.wait_for_catalogue()
        if buy or must_buy:
            why_not = try_to_buy(guest, page, stripe_url.rstrip("/"), os.environ.get("STRIPE_API_KEY", ""), email)
            if why_not and must_buy:
                raise Refused(f"nothing was bought: {why_not}")
            if why_not:
                click.echo(f"nothing was bought: {why_not}")
        click.echo("the shop works")


def try_to_buy(guest: Guest, page: Json, stripe_url: str, api_key: str, email: str) -> str:
    """Buys one unit, or says why not; no cart, order or payment is made before it is sure that no money can move."""
    with step("ask which keys the shop has"):
        key = guest.publishable_key()
    verdict = judge(key, api_key)
    if not verdict.harmless:
        return f"{verdict.why}, and a smoke test never charges anybody"
    variant = guest.in_stock(page)
    if variant is None:
        return "no product is in stock"
    with step(f"order one {variant['sku']}"):
        placed = guest.place(guest.fill_cart(variant), email)
    with step(f"pay order {placed['order']['id']} with a test card at {stripe_url}"):
        guest.pay(placed, stripe_url, key)
    with step(f"order {placed['order']['id']} is CONFIRMED"):
        guest.wait_for_confirmation(placed)
    return ""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Prints the step with its time; a failure is told with its name."""
    began = time.monotonic()
    try:
        yield
    except (Refused, httpx.HTTPError) as error:
        raise Refused(f"FAILED: {what}: {error}") from error
    except (LookupError, ValueError, TypeError) as error:
        raise Refused(f"FAILED: {what}: the answer is not as expected: {error!r}") from error
    click.echo(f"{(time.monotonic() - began) * 1000:7.0f} ms  {what}")
