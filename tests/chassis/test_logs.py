"""Secrets never reach a log."""

import pytest

from services.chassis.logs import REDACTED, redact


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "client_secret",
        "access_token",
        "authorization",
        "stripe_api_key",
        "card_number",
        "email",
        "recipient",
    ],
)
def test_fields_with_secret_names_are_redacted(name: str) -> None:
    assert redact(None, "info", {name: "x"}) == {name: REDACTED}


@pytest.mark.parametrize(
    "text",
    [
        "mail to anna@example.com failed",
        "key sk_test_4eC39HqLyjW",
        "secret whsec_abcdef123",
        "jwt eyJhbGci.eyJzdWIi.c2ln",
        "token ot_abcdef123456",
    ],
)
def test_secrets_inside_texts_are_redacted(text: str) -> None:
    redacted = redact(None, "info", {"error": text})["error"]
    assert REDACTED in redacted
    assert text.split()[-1 if "failed" not in text else 2] not in redacted


def test_other_texts_stay() -> None:
    assert redact(None, "info", {"method": "/shopmesh.order.v1.OrderService/GetOrder"}) == {
        "method": "/shopmesh.order.v1.OrderService/GetOrder"
    }
