"""Whom an order belongs to and where it goes: personal data, kept out of the stream so that it can be erased."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """A postal address; `country_code` is ISO 3166-1 alpha-2, `lines` stand above the city."""

    country_code: str
    postal_code: str
    region: str
    city: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """Who gets the order; `locale` is a BCP 47 tag or empty for the shop's own."""

    email: str
    display_name: str
    locale: str
    shipping_address: PostalAddress | None
