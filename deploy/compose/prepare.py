"""Makes what no file of this repository may hold: passwords, keys, certificates. `python -m deploy.compose.prepare`.

One part of the composed shop after the other is given a folder of its own under ``--out``, which only that part's
container mounts: ``env`` with its secret settings, and what else it reads. What is there stays, so that it is safe to
repeat; what is missing is made.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import click

from deploy.local.certificates import Certificates
from deploy.local.credentials import Credentials
from deploy.local.files import write_private
from deploy.local.installation import SERVICES, Installation

OURS = 10001
"""The user of our images."""
POSTGRES, VALKEY, MONGO = 999, 999, 999
"""The users of the stores' official images."""
WITH_DATABASE = tuple(name for name in SERVICES if name != "cart")
HOLD = 0o700


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of all the parts.")
def main(out: Path) -> None:
    """Make the secrets and certificates of the composed shop; a second time only what is missing."""
    installation = Installation(out / "own", {})
    Certificates(installation).renew()
    for name, text in variables(Credentials(installation)).items():
        write(out / name, "env", text, OURS)
    for name in SERVICES:
        give_certificate(installation, name, out / name)
    for name, text in stores(Credentials(installation)).items():
        place, _, file = name.partition("/")
        write(out / place, file, text, {"postgres": POSTGRES, "mongo": MONGO, "valkey": VALKEY}[place])
    for name in ("edge", "stripe-state"):
        own(out / name, OURS)
    click.echo("secrets and certificates are there")


def variables(credentials: Credentials) -> dict[str, str]:
    """By part, its secret settings as lines that a shell reads."""
    password, key = credentials.get, credentials.key
    webhook = f"whsec_{password('stripe-webhook')}"
    each: dict[str, dict[str, str]] = {name: {} for name in SERVICES}
    for name in WITH_DATABASE:
        address = f"shopmesh_{name}:{password(f'postgres-{name}')}@postgres:5432/shopmesh_{name}"
        each[name]["SHOPMESH_DATABASE_URL"] = f"postgresql://{address}"
    each["cart"] |= {
        "SHOPMESH_CART_ID_KEY": key("cart-id"),
        "VALKEY_URL": f"redis://:{password('valkey')}@valkey:6379/0",
    }
    each["order"] |= {
        "SHOPMESH_ORDER_TOKEN_KEYS": f"k1:{key('order-token')}",
        "MONGODB_URI": f"mongodb://shopmesh:{password('mongo')}@mongo:27017/?authSource=admin",
    }
    each["auth"]["SHOPMESH_KEY_ENCRYPTION_KEY"] = key("key-encryption")
    each["payment"] |= {
        "STRIPE_API_KEY": f"sk_test_{password('stripe-key')}",
        "STRIPE_PUBLISHABLE_KEY": f"pk_test_{password('stripe-publishable-key')}",
        "STRIPE_WEBHOOK_SECRETS": webhook,
    }
    each["stripe"] = {"STRIPE_STANDIN_WEBHOOK_SECRET": webhook}
    return {name: lines(values) for name, values in each.items()}


def lines(values: Mapping[str, str]) -> str:
    """As `. env` in a shell with `set -a` takes them; none of these values has a quote in it."""
    return "".join(f"{name}='{value}'\n" for name, value in values.items())


def stores(credentials: Credentials) -> dict[str, str]:
    """By `<part>/<file>`, what the stores' images are given: the database of each service is its own role's."""
    statements = [
        f"CREATE ROLE shopmesh_{name} LOGIN PASSWORD '{credentials.get(f'postgres-{name}')}';\n"
        f"CREATE DATABASE shopmesh_{name} OWNER shopmesh_{name};\n"
        for name in WITH_DATABASE
    ]
    passwords = {f"{name}/password": credentials.get(name) for name in ("postgres", "mongo", "valkey")}
    return {**passwords, "postgres/databases.sql": "".join(statements)}


def give_certificate(installation: Installation, name: str, place: Path) -> None:
    """The service's certificate and the authority's, under the names that a cluster gives them."""
    made = installation.folder("tls")
    for file, source in {"ca.crt": "ca.pem", "tls.crt": f"{name}.pem", "tls.key": f"{name}-key.pem"}.items():
        write(place, file, (made / source).read_text(), OURS)


def write(place: Path, file: str, text: str, user: int) -> None:
    own(place, user)
    write_private(place / file, text)
    own(place / file, user)


def own(path: Path, user: int) -> None:
    """Make a folder that is missing, and let only ``user`` in; without root it stays the caller's."""
    if not path.exists():
        path.mkdir(parents=True)
    if path.is_dir():
        path.chmod(HOLD)
    if os.geteuid() == 0:
        shutil.chown(path, user, user)


if __name__ == "__main__":
    main()
