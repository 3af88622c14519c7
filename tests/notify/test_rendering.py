"""What people read, without I/O."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from babel import Locale
from jinja2 import UndefinedError
from shopmesh.payment.v1.invoice_pb2 import INVOICE_KIND_CREDIT_NOTE
from shopmesh.payment.v1.payment_pb2 import RefundLine

from services.notify.adapters.rendering import locale_of
from services.notify.api import mapping
from services.notify.api.invoices import invoice_issued
from services.notify.domain.deliveries import Message, message_id
from tests.notify.conftest import (
    a_contact,
    a_delivery,
    a_renderer,
    confirmed,
    declined,
    euros,
    issued,
    refunded,
    registered,
)

MESSAGES = [
    mapping.welcome(registered()),
    mapping.order_confirmed(confirmed()),
    mapping.payment_declined(declined()),
    mapping.order_refunded(refunded()),
    invoice_issued(issued()),
    invoice_issued(issued(INVOICE_KIND_CREDIT_NOTE, number="CN-2026-000007", corrects_number="INV-2026-000042")),
]


class Outline(HTMLParser):
    """Counts what an accessible message needs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.template)
def test_every_message_greets_by_name_and_has_a_language_a_title_and_one_heading(message: Message) -> None:
    rendered = a_renderer().render(a_delivery(message))
    outline = Outline(rendered.html)
    assert outline.all("html") == [{"lang": "en"}]
    assert len(outline.all("title")) == len(outline.all("h1")) == 1
    assert all(image.get("alt") for image in outline.all("img"))
    tables = outline.all("table")
    assert all(table.get("role") == "presentation" for table in tables) or outline.all("caption")
    assert f"Hello {message.display_name}," in rendered.text
    if message.template != "welcome":
        assert message.subject_id in rendered.text
        assert message.subject_id in rendered.html


def test_a_confirmation_lists_lines_totals_and_address() -> None:
    rendered = a_renderer().render(a_delivery(mapping.order_confirmed(confirmed())))
    for expected in ("2 × €649.99 = €1,299.98", "Delivery: €4.90", "Tax, included: €217.48", "Total: €1,304.88"):
        assert expected in rendered.text
    assert "Graben 1\nTop 7\n1010 Wien\nAT" in rendered.text
    assert "21 November 2026, 15:30:00 CET" in rendered.text, "in the shop's time zone"
    assert "Discount" not in rendered.text
    headings = [cell["scope"] for cell in Outline(rendered.html).all("th")]
    assert headings == ["col"] * 3 + ["row"] * 4


def test_amounts_and_times_are_written_as_in_the_recipients_locale() -> None:
    message = mapping.order_confirmed(confirmed(a_contact(locale="de-AT")))
    text = a_renderer().render(a_delivery(message)).text
    assert "€\xa01.304,88" in text
    assert "21. November 2026, 15:30:00 MEZ" in text


def test_nothing_that_people_typed_becomes_markup() -> None:
    html = a_renderer().render(a_delivery(mapping.order_confirmed(confirmed()))).html
    assert "Linen &lt;shirt&gt;" in html
    assert "Hello Ada &lt;Lovelace&gt;," in html


def test_a_declined_payment_says_why_and_links_the_payment_page_where_there_is_one() -> None:
    rendered = a_renderer().render(a_delivery(mapping.payment_declined(declined())))
    assert "Your card has insufficient funds." in rendered.text
    assert "https://pay.test/c?a=1&b=2" in rendered.text
    assert [link["href"] for link in Outline(rendered.html).all("a")] == ["https://pay.test/c?a=1&b=2"]
    embedded = a_renderer().render(a_delivery(mapping.payment_declined(declined(checkout_url=""))))
    assert Outline(embedded.html).all("a") == []


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("ORDER_REJECTED", "sold out"),
        ("ORDER_CANCELED", "canceled"),
        ("LATE_CAPTURE", "after the order had ended"),
        ("MISMATCH", "did not match"),
        ("PROVIDER", "was given back"),
    ],
)
def test_a_refund_says_why(cause: str, words: str) -> None:
    rendered = a_renderer().render(a_delivery(mapping.order_refunded(refunded(cause))))
    assert words in rendered.text
    assert words in rendered.html
    assert "In all" not in rendered.text
    partly = a_renderer().render(a_delivery(mapping.order_refunded(refunded(cause, of=50))))
    assert "In all, €50.00" in partly.text


def test_a_refund_by_staff_says_their_reason_and_what_it_is_for() -> None:
    line = RefundLine(title="Linen <shirt>", variant_title="Blue / L", quantity=2, amount=euros(20))
    event = refunded("STAFF", reason="Two came <damaged>.", lines=[line])
    rendered = a_renderer().render(a_delivery(mapping.order_refunded(event)))
    assert "Two came <damaged>." in rendered.text
    assert "- 2 × Linen <shirt> (Blue / L): €20.00" in rendered.text
    assert "Two came &lt;damaged&gt;." in rendered.html
    assert "Linen &lt;shirt&gt;" in rendered.html
    whole = a_renderer().render(a_delivery(mapping.order_refunded(refunded("STAFF", reason="Sorry."))))
    assert "What it is for" not in whole.text
    assert Outline(whole.html).all("caption") == []


def test_a_message_that_lacks_what_its_template_needs_is_not_rendered() -> None:
    message = replace(mapping.order_confirmed(confirmed()), payload={})
    with pytest.raises(UndefinedError):
        a_renderer().render(a_delivery(message))


@pytest.mark.parametrize(
    ("tag", "known"), [("de-AT", "de_AT"), ("de-XX", "de"), ("xx-YY", "en"), ("", "en"), ("i", "en")]
)
def test_the_nearest_known_locale_is_taken(tag: str, known: str) -> None:
    assert str(locale_of(tag, Locale("en"))) == known


def test_the_message_id_follows_event_template_and_recipient() -> None:
    message = mapping.welcome(registered())
    assert message_id(message, "shop.test") == message_id(replace(message, display_name="B"), "shop.test")
    other_event = mapping.welcome(registered(email=message.recipient))
    others = [replace(message, template="x"), replace(message, recipient="x@example.org"), other_event]
    assert len({message_id(one, "shop.test") for one in [message, *others]}) == 4
