"""What payment asks of Stripe before it is served."""

import asyncio

import stripe as provider

from services.chassis.doctor import Doubtful, Unusable

KEYS = ("sk_test_", "sk_live_", "rk_test_", "rk_live_")


async def stripe(key: str, webhook_secrets: tuple[str, ...], base: str) -> str:
    """Asks for the balance, which every secret key may see and which changes nothing; a stand-in is believed."""
    if not key.startswith(KEYS):
        raise Unusable("STRIPE_API_KEY isn't a secret key: it begins with sk_test_ or sk_live_")
    if not all(each.startswith("whsec_") for each in webhook_secrets):
        raise Unusable("STRIPE_WEBHOOK_SECRETS: a signing secret begins with whsec_")
    if base:
        return f"the stand-in's keys, for {base}"
    try:
        await asyncio.to_thread(provider.StripeClient(key).v1.balance.retrieve)
    except provider.StripeError as error:
        raise Unusable(f"{error.user_message or error}: check STRIPE_API_KEY") from error
    if "_live_" in key:
        raise Doubtful("this is a LIVE key: purchases charge real cards")
    return "a test key, accepted"
