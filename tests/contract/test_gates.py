"""Each gate passes on the contracts as they are, and fails on a deliberate break."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.contracts import gates
from deploy.contracts.golden import FILE
from deploy.edge.contracts import ROOT

compiles = pytest.mark.stack
"""Needs no server, but seconds of compiling: nothing for make test-fast."""

CART = Path("proto/shopmesh/cart/v1/cart_service.proto")
ORDER = Path("proto/shopmesh/order/v1/order.proto")


def edit(checkout: Path, file: Path, old: str, new: str) -> None:
    text = (checkout / file).read_text()
    assert old in text
    (checkout / file).write_text(text.replace(old, new))


def git(checkout: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=checkout, check=True, capture_output=True)


@pytest.fixture
def released(checkout: Path) -> Path:
    """A checkout whose contracts, as they are, were released."""
    git(checkout, "init", "-q", "-b", "main")
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "Release")
    git(checkout, "tag", "v0.9.0")
    git(checkout, "tag", "v0.10.0")
    return checkout


def test_the_contracts_are_clean() -> None:
    assert gates.lint() == []


@compiles
def test_lint_fails_on_a_bad_name(checkout: Path) -> None:
    edit(checkout, CART, "string variant_id = 3", "string variantId = 3")
    assert any("lower_snake_case" in line for line in gates.lint(checkout))


@compiles
def test_lint_fails_on_a_missing_comment(checkout: Path) -> None:
    edit(checkout, CART, "  // Units to add; a line holds 999 at most.\n", "")
    assert any("comment" in line for line in gates.lint(checkout))


@compiles
def test_everything_generated_is_committed() -> None:
    assert gates.generated() == [], "make gen, and commit what it writes"


@compiles
def test_the_generation_gate_fails_on_a_change_that_was_not_generated(checkout: Path) -> None:
    (checkout / "gen").symlink_to(ROOT / "gen")
    edit(checkout, CART, "// Units to add;", "// How many to add;")
    complaints = gates.generated(checkout)
    assert "gen/openapi/openapi.json is out of date: make gen" in complaints
    assert not [line for line in complaints if "cart_service_pb2" in line and "pyi" not in line]


@compiles
def test_the_gate_on_tables_fails_on_a_line_that_no_contract_says(checkout: Path) -> None:
    assert gates.tables() == []
    (checkout / "docs").mkdir()
    for name in ("generate.py", "order-states.md", "alerts.md"):
        shutil.copy(ROOT / "docs" / name, checkout / "docs")
    (checkout / "docs" / "methods.md").write_text((ROOT / "docs" / "methods.md").read_text() + "| Refund | none |\n")
    assert gates.tables(checkout) == ["methods.md is out of date: run make gen"]


def test_the_generation_gate_fails_on_leftovers(tmp_path: Path) -> None:
    made, committed = tmp_path / "made", tmp_path / "committed"
    for folder, names in ((made, ("a", "b")), (committed, ("b", "c"))):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(str(folder if name == "b" else name))
    assert [line.split(":")[0] for line in gates._differences(made, committed)] == [
        "gen/a is missing",
        "gen/c comes from no contract",
        "gen/b is out of date",
    ]


def test_the_golden_file_tells_what_the_contracts_say() -> None:
    """Where it does not and the change is meant: python -m deploy.contracts golden."""
    assert gates.golden_file() == []


@compiles
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('post: "/api/v1/carts/{cart_id}/items"', 'post: "/api/v1/carts/{cart_id}/lines"'),
        ("access: [ACCESS_CUSTOMER]", "access: [ACCESS_PUBLIC]"),
        ("deduplication: DEDUPLICATION_REQUEST_ID", "deduplication: DEDUPLICATION_NONE"),
        ("int32 quantity = 4 [", 'int32 quantity = 4 [\n    json_name = "units",'),
    ],
    ids=["path", "access", "deduplication", "JSON name"],
)
def test_the_golden_gate_fails_on_what_buf_does_not_see(checkout: Path, old: str, new: str) -> None:
    assert gates.golden_file(checkout) == []
    edit(checkout, CART, old, new)
    assert gates.golden_file(checkout)


@compiles
def test_before_the_first_release_nothing_can_be_broken(checkout: Path) -> None:
    git(checkout, "init", "-q", "-b", "main")
    assert gates.newest_release(checkout) is None
    assert gates.breaking(checkout) == []


@compiles
def test_additions_break_nothing(released: Path) -> None:
    assert gates.newest_release(released) == "v0.10.0"
    edit(
        released,
        CART,
        "message GetCartRequest {",
        "message GetCartRequest {\n  // Whether to price it.\n  bool price = 2;\n",
    )
    gates.write_golden_file(released)
    assert gates.breaking(released) == []


@compiles
def test_the_breaking_gate_fails_on_a_field_that_is_gone(released: Path) -> None:
    edit(released, ORDER, "  // Why it was rejected", "  reserved 99;\n  // Why it was rejected")
    edit(released, ORDER, "string reject_reason = 11", "string rejection = 11")
    assert any("reject_reason" in line or "rejection" in line for line in gates.breaking(released))


@compiles
def test_the_breaking_gate_fails_on_an_address_that_is_gone(released: Path) -> None:
    edit(released, CART, 'get: "/api/v1/me/cart"', 'get: "/api/v1/me/basket"')
    assert gates.breaking(released) == [
        "since v0.10.0: shopmesh.cart.v1.CartService/GetCart is no longer at GET /api/v1/me/cart"
    ]


@compiles
def test_the_breaking_gate_fails_on_a_narrower_access(released: Path) -> None:
    edit(released, CART, "access: [ACCESS_OWNER]", "access: [ACCESS_STAFF]")
    assert "since v0.10.0: shopmesh.cart.v1.CartService/GetCart no longer admits OWNER" in gates.breaking(released)


def test_the_golden_file_is_what_reviewers_can_read() -> None:
    content = json.loads((ROOT / FILE).read_text())
    register = content["methods"]["shopmesh.auth.v1.AuthService/Register"]
    assert register["addresses"] == ["POST /api/v1/users *"]
    assert content["messages"]["shopmesh.auth.v1.RegisterRequest"]["displayName"] == "string"
