"""Messages as text and HTML, by Jinja2 templates; amounts and times as the recipient's locale writes them (babel)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context

from services.chassis.money import minor_digits
from services.notify.domain.deliveries import Delivery

TEMPLATES = Path(__file__).parent.parent / "templates"
LANGUAGE = "en"
"""What the templates are written in."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The two bodies of a message, and the language that they are in."""

    text: str
    html: str
    language: str


class Renderer:
    """Renders deliveries for a shop."""

    def __init__(self, *, shop_name: str, shop_locale: str, time_zone: str) -> None:
        self._shop = {"shop_name": shop_name, "language": LANGUAGE}
        self._locale = locale_of(shop_locale, Locale(LANGUAGE))
        self._zone = ZoneInfo(time_zone)
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"money": _money, "time": _time}

    def render(self, delivery: Delivery) -> Rendered:
        """Both bodies; jinja2's UndefinedError where the payload lacks what the template needs."""
        message = delivery.message
        values: dict[str, Any] = {
            **self._shop,
            "subject": delivery.subject,
            "display_name": message.display_name,
            "subject_id": message.subject_id,
            "locale": locale_of(message.locale, self._locale),
            "zone": self._zone,
            **message.payload,
        }
        text, html = (
            self._environment.get_template(f"{message.template}.{kind}").render(values) for kind in ("txt", "html")
        )
        return Rendered(text, html, LANGUAGE)


def locale_of(tag: str, default: Locale) -> Locale:
    """The nearest locale that the CLDR knows: ``de-AT``, then ``de``, then the default."""
    parts = tag.split("-")
    while parts != [""] and parts:
        try:
            return Locale.parse("_".join(parts))
        except (UnknownLocaleError, ValueError):
            parts.pop()
    return default


@pass_context
def _money(context: Context, money: dict[str, Any]) -> str:
    """Minor units as an amount, such as ``€1,299.00``."""
    amount = Decimal(money["amount"]).scaleb(-minor_digits(money["currency"]))
    return format_currency(amount, money["currency"], locale=context["locale"])


@pass_context
def _time(context: Context, time: str) -> str:
    """An ISO 8601 time as date and time of day in the shop's time zone."""
    moment = datetime.fromisoformat(str(time))  # an undefined one says so here
    return format_datetime(moment, "long", tzinfo=context["zone"], locale=context["locale"])
