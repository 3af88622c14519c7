"""`python -m ops.audit` as its users have it."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from deploy.local.bootstrap import ROOT
from deploy.local.environment import audit_environment
from deploy.local.installation import without_settings
from ops.audit import settings
from ops.audit.checks import CHECKS
from tests.audit.conftest import Bought

pytestmark = pytest.mark.slow
HELP = (ROOT / "docs" / "auditing.md").read_text()


def audit(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ops.audit", *arguments]
    own = {**without_settings(os.environ), **environment}
    return subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False, timeout=100)


def test_help_says_how_it_ends() -> None:
    finished = audit({}, "--help")
    assert finished.returncode == 0
    assert "Ends with 0 where they do, 1 where something was found" in " ".join(finished.stdout.split())


def test_it_says_what_setting_is_missing_or_unknown() -> None:
    assert "SHOPMESH_AUDIT_ORDER_URL: Field required" in audit({}).stderr
    assert "unknown settings: SHOPMESH_AUDIT_ORDRE_URL" in audit({"SHOPMESH_AUDIT_ORDRE_URL": "x"}).stderr


def test_grants_are_a_script() -> None:
    script = audit({}, "grants", "auth", "--role", "auditor").stdout
    assert 'GRANT CONNECT ON DATABASE "shopmesh_auth" TO "auditor";' in script
    assert "credentials" not in script


def test_the_page_explains_each_check_and_each_setting() -> None:
    assert [check.name for check in CHECKS if f"`{check.name}`" not in HELP] == []
    own = {f"SHOPMESH_{name.upper()}" for name in settings.AuditSettings.model_fields if name.startswith("audit_")}
    assert [name for name in sorted(own) if name not in HELP] == []


@pytest.mark.stack
async def test_a_clean_shop_ends_with_0_and_an_unreadable_one_with_2(bought: Bought) -> None:
    environment = audit_environment(bought.shop.stack.installation)
    arguments = ("--json", "--age", "0", "--pause", "1", "--looks", "5", "--since", f"{bought.since:%Y-%m-%dT%H:%M:%S}")
    finished = await asyncio.to_thread(audit, environment, *arguments)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    report = json.loads(finished.stdout)
    assert report["clean"]
    assert {each["check"] for each in report["checks"]} == {check.name for check in CHECKS}
    money = next(each for each in report["checks"] if each["check"] == "order_money")
    assert [each["amount"] for each in money["sums"]] == [2500, 2500]
    away = environment | {"SHOPMESH_AUDIT_CATALOG_URL": "postgresql://nobody@127.0.0.1:9/nothing"}
    finished = await asyncio.to_thread(audit, away, "--only", "stock")
    assert finished.returncode == 2
    assert "stock: could not look: " in finished.stdout
