"""Fills the shop of the development cluster, and buys something in it."""

import secrets
import subprocess
import sys
import time

import click
import httpx
import yaml

from deploy.local.accounts import Account
from deploy.local.bootstrap import ROOT
from deploy.local.demo import Purchase, money, step, until
from deploy.tilt.kubectl import KubectlError, kubectl

SECRET = "development-accounts"  # noqa: S105
STAFF, CUSTOMER = "staff", "customer"


def accounts() -> dict[str, Account]:
    """The staff member and the customer, made in the cluster where they are missing."""
    passwords = _passwords()
    people = {
        STAFF: Account("STAFF", "sam@example.com", "Sam Staff", passwords[STAFF]),
        CUSTOMER: Account("CUSTOMER", "cleo@example.com", "Cleo Customer", passwords[CUSTOMER]),
    }
    for account in people.values():
        _ensure(account)
    return people


def seed(api: str) -> None:
    """Create the demo shop's products that aren't there yet."""
    staff = accounts()[STAFF]
    command = ["-m", "deploy.local.shop", "seed", "--api", api, "--email", staff.email, "--password-stdin"]
    done = subprocess.run([sys.executable, *command], input=staff.password, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise KubectlError("seeding the demo shop failed, see above")


def demo(api: str) -> None:
    """Buy something as a web client would."""
    began, customer = time.monotonic(), accounts()[CUSTOMER]
    with httpx.Client(base_url=api, timeout=10, trust_env=False) as client:
        purchase = Purchase(customer, api, client)
        with step("log in"):
            purchase.log_in()
        with step("choose a product"):
            product, variant = purchase.choose()
        with step(f"put “{product['title']}” ({variant['sku']}) into the cart"):
            cart = purchase.fill_cart(variant)
        with step(f"place the order over {money(cart['subtotal'])}"):
            placed, trace_id = purchase.place(cart)
        order = placed["order"]["id"]
        with step("pay on the hosted page"):
            purchase.pay(placed["checkoutUrl"])
        with step(f"order {order} is CONFIRMED"):
            until("the order isn't confirmed", lambda: purchase.state(order) == "ORDER_STATE_CONFIRMED")
    click.echo(f"\nbought in {time.monotonic() - began:.2f} s; trace {trace_id}")


def _passwords() -> dict[str, str]:
    """Made once for each cluster, and kept in it."""
    fresh = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET},
        "stringData": {name: secrets.token_urlsafe(18) for name in (STAFF, CUSTOMER)},
    }
    if not kubectl("get", "secret", SECRET, "--ignore-not-found", "--output", "name"):
        kubectl("create", "--filename", "-", text=yaml.safe_dump(fresh))
    template = "{{range $name, $value := .data}}{{$name}}={{$value | base64decode}}\n{{end}}"
    lines = kubectl("get", "secret", SECRET, "--output", f"go-template={template}").splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines if line)}


def _ensure(account: Account) -> None:
    """By auth's own command, which leaves an existing account as it is."""
    who = ("--email", account.email, "--display-name", account.display_name, "--role", account.role)
    pod = ("exec", "--stdin", "deployment/shopmesh-auth", "--container", "auth", "--")
    kubectl(*pod, "python", "-m", "services.auth", "create-user", *who, "--password-stdin", text=account.password)
