"""What payment asks of Stripe before it is served. It only reads."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import stripe as provider

from services.chassis.doctor import Away, Doubtful, Unusable
from services.payment.adapters.stripe_requests import EVENT_TYPES, EVENTS

KEYS = ("sk_test_", "sk_live_", "rk_test_", "rk_live_")
WEBHOOKS = "/v1/webhook_endpoints"
ANSWER_SECONDS = 10.0
ROUTE = "/webhooks/stripe"
_BUSY, _SERVER_ERRORS = 429, 500


async def stripe(key: str, publishable_key: str, webhook_secrets: tuple[str, ...], base: str) -> str:
    """Reads the newest event, as the sweep will, and what Stripe was told of our webhook, where the key may see that."""
    mode = _mode(key, publishable_key, webhook_secrets)
    http = provider.HTTPXClient(timeout=httpx.Timeout(ANSWER_SECONDS))
    client = provider.StripeClient(key, http_client=http, base_addresses={"api": base} if base else None)
    try:
        version = (await _read(client, EVENTS, 1)).headers["stripe-version"]
        webhooks = await _webhooks(client)
    finally:
        await http.close_async()  # type: ignore[no-untyped-call]
    if problems := [each for webhook in webhooks for each in _problems(webhook)]:
        raise Doubtful("; ".join(problems))
    said = f"a {mode} key: purchases {'charge real cards' if mode == 'live' else 'move no money'}"
    return f"{said}; version {version} of the API{f', at {base}' if base else ''}"


def _mode(key: str, publishable_key: str, webhook_secrets: tuple[str, ...]) -> str:
    """Test or live, by keys that must agree."""
    if not key.startswith(KEYS):
        raise Unusable("STRIPE_API_KEY isn't a secret key: it begins with sk_test_ or sk_live_")
    mode = key.split("_")[1]
    if not publishable_key.startswith(f"pk_{mode}_"):
        raise Unusable(f"STRIPE_PUBLISHABLE_KEY isn't of the same mode as STRIPE_API_KEY: it begins with pk_{mode}_")
    if not webhook_secrets or not all(each.startswith("whsec_") for each in webhook_secrets):
        raise Unusable("STRIPE_WEBHOOK_SECRETS: a signing secret begins with whsec_")
    return mode


async def _read(client: provider.StripeClient, path: str, count: int) -> Any:
    try:
        return await client.raw_request_async("get", path, limit=count)
    except provider.StripeError as error:
        away = error.http_status is None or error.http_status == _BUSY or error.http_status >= _SERVER_ERRORS
        said = (error.user_message or str(error)).splitlines()[0]
        where = "STRIPE_API_BASE and the way to Stripe" if away else "STRIPE_API_KEY"
        raise (Away if away else Unusable)(f"{said}: check {where}") from error


async def _webhooks(client: provider.StripeClient) -> list[Mapping[str, Any]]:
    """Our webhook as Stripe knows it; nothing where the key may not ask, as a restricted one, or nobody can answer."""
    try:
        found = await _read(client, WEBHOOKS, 100)
    except Unusable:
        return []
    return [each for each in found.data["data"] if each["url"].endswith(ROUTE)]


def _problems(webhook: Mapping[str, Any]) -> Iterator[str]:
    where = f"the webhook {webhook['url']}"
    if webhook["status"] != "enabled":
        yield f"{where} is disabled at Stripe: enable it"
    if webhook["api_version"] not in (None, provider.api_version):
        yield f"{where} speaks version {webhook['api_version']}, we {provider.api_version}: make one of that version"
    missing = set(EVENT_TYPES) - set(webhook["enabled_events"])
    if missing and "*" not in webhook["enabled_events"]:
        yield f"{where} is not told {', '.join(sorted(missing))}: add them"
