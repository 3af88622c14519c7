"""Which addresses a payment page may send the browser to."""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

# Browsers read backslashes and control characters otherwise than parsers do, so an address with any is refused.
_PLAIN = re.compile(r"[!-\[\]-~]+")


def redirect_allowed(url: str, allowed: Iterable[str]) -> bool:
    """Whether `url` is absolute and its origin is one of `allowed`: "https://shop.example", or ":*" for any port."""
    if not _PLAIN.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        return any(_same_origin(parts, origin) for origin in allowed)
    except ValueError:
        return False


def for_order(url: str, order_id: str) -> str:
    """Fills the order's id into the address."""
    return url.replace("{ORDER_ID}", order_id)


def _same_origin(url: SplitResult, origin: str) -> bool:
    any_port = origin.endswith(":*")
    allowed = urlsplit(origin.removesuffix(":*"))
    port = _port(url)  # also where any will do: reading it refuses what is none
    return (
        url.username is None
        and url.password is None
        and url.scheme == allowed.scheme
        and url.hostname == allowed.hostname
        and (any_port or port == _port(allowed))
    )


def _port(url: SplitResult) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)
