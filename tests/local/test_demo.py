"""`make demo` without a shop, and against the whole test stack."""

from dataclasses import replace

import pytest

from deploy.local.demo import run, step
from deploy.local.errors import StackError
from deploy.local.installation import Installation
from deploy.local.stack import Stack


def test_where_the_shop_is_down_the_command_that_starts_it_is_named(installation: Installation) -> None:
    with pytest.raises(StackError, match=r"FAILED: log in: .* `make up` first"):
        run(installation)


def test_with_parts_of_somebody_elses_it_says_why_it_cannot(installation: Installation) -> None:
    with pytest.raises(StackError, match="SMTP_URL"):
        run(replace(installation, overrides={"SMTP_URL": "smtp://mail.example"}))


@pytest.mark.parametrize("error", [KeyError("checkoutUrl"), ValueError("no JSON")])
def test_an_answer_of_another_shape_names_the_step(error: Exception) -> None:
    with pytest.raises(StackError, match="FAILED: pay: the answer isn't as expected"), step("pay"):
        raise error


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Stack:
    stack.up()
    return stack


@pytest.mark.stack
def test_it_buys_something_and_shows_one_trace_from_edge_to_e_mail(
    shop: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shop.installation)
    said = capsys.readouterr().out
    assert "is confirmed" in said
    for service in ("edge", "order", "cart", "catalog", "payment", "notify"):
        assert f"\n{service} " in said


@pytest.mark.stack
def test_a_step_that_fails_is_named(shop: Stack) -> None:
    shop.stop("catalog")
    try:
        with pytest.raises(StackError, match="FAILED: choose a product: GET /api/v1/products"):
            run(shop.installation)
    finally:
        shop.start("catalog")
        shop.wait_ready("catalog")
