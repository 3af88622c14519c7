"""The Job that makes the first administrator, by the command that the chart gives it."""

import asyncio
import os
import secrets
import sys
from pathlib import Path

import jwt
import pytest
import yaml

from deploy.helm.render import GOLDEN
from tests.e2e.shop import PASSWORD, Shop

pytestmark = pytest.mark.stack


def command(password_file: Path, email: str) -> list[str]:
    """As the chart renders it, here instead of in a container, for this address."""
    objects = yaml.load_all((GOLDEN / "production.yaml").read_text(), yaml.CSafeLoader)
    (job,) = (each for each in objects if each["kind"] == "Job" and each["metadata"]["name"].endswith("first-admin"))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    whole: list[str] = [*container["command"], *container["args"]]
    assert whole[0] == "python"
    rest = whole[1:]
    rest[rest.index("--email") + 1] = email
    rest[rest.index("--password-file") + 1] = str(password_file)
    return [sys.executable, *rest]


async def test_it_may_run_again_and_the_administrator_can_log_in(shop: Shop, tmp_path: Path) -> None:
    email = f"o'hara-{secrets.token_hex(4)}@example.com"
    (tmp_path / "password").write_text(PASSWORD)  # as a mounted Secret: no new line at its end
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            *command(tmp_path / "password", email), env={"PATH": os.environ["PATH"], **shop.stack.environment("auth")}
        )
        assert await process.wait() == 0
    answer = await shop.web.post(f"{shop.url}/api/v1/sessions", json={"email": email, "password": PASSWORD})
    token = answer.raise_for_status().json()["accessToken"]
    assert "ADMIN" in jwt.decode(token, options={"verify_signature": False})["roles"]
