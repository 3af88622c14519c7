"""`make demo` against the whole test stack."""

import pytest

from deploy.local.demo import run
from deploy.local.errors import StackError
from deploy.local.stack import Stack

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Stack:
    stack.up()
    return stack


def test_it_buys_something_and_shows_one_trace_from_edge_to_e_mail(
    shop: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shop.installation)
    said = capsys.readouterr().out
    assert "is confirmed" in said
    for service in ("edge", "order", "cart", "catalog", "payment", "notify"):
        assert f"\n{service} " in said


def test_a_step_that_fails_is_named(shop: Stack) -> None:
    shop.stop("catalog")
    try:
        with pytest.raises(StackError, match="FAILED: choose a product: GET /api/v1/products"):
            run(shop.installation)
    finally:
        shop.start("catalog")
        shop.wait_ready("catalog")
