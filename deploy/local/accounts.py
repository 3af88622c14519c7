"""One customer's and one staff member's log-in, with passwords made on this machine."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from deploy.local.bootstrap import ROOT
from deploy.local.credentials import Credentials
from deploy.local.errors import StackError
from deploy.local.installation import Installation
from deploy.local.supervisor import base_environment


@dataclass(frozen=True)
class Account:
    """A log-in of the demo shop."""

    role: str
    email: str
    display_name: str
    password: str


def accounts(installation: Installation) -> tuple[Account, ...]:
    """The customer first, then the staff member."""
    credentials = Credentials(installation)
    people = (("CUSTOMER", "cleo@example.com", "Cleo Customer"), ("STAFF", "sam@example.com", "Sam Staff"))
    return tuple(Account(role, email, name, credentials.get(f"account-{role.lower()}")) for role, email, name in people)


def ensure_all(installation: Installation, environment: dict[str, str]) -> None:
    """Create both, with the environment of auth."""
    people = accounts(installation)
    with ThreadPoolExecutor(len(people)) as pool:
        for _ in pool.map(lambda account: ensure(account, environment), people):
            pass


def ensure(account: Account, environment: dict[str, str]) -> None:
    """Create the account by auth's own command, which leaves an existing one as it is."""
    who = ("--email", account.email, "--display-name", account.display_name, "--role", account.role)
    run_service("auth", environment, "create-user", *who, "--password-stdin", text=account.password)


def run_service(service: str, environment: dict[str, str], *arguments: str, text: str | None = None) -> None:
    """Run one of a service's commands to its end; raise StackError with its output where it fails."""
    finished = subprocess.run(
        [sys.executable, "-m", f"services.{service}", *arguments],
        input=text,
        text=True,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**base_environment(), **environment},
    )
    if finished.returncode:
        output = (finished.stdout + finished.stderr).strip()
        raise StackError(f"`python -m services.{service} {arguments[0]}` failed:\n{output}")
