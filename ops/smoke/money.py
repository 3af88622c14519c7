"""Whether a purchase would move money; whatever is not surely a test is taken for real."""

from dataclasses import dataclass

PUBLISHABLE_TEST = "pk_test_"
SECRET_TEST = ("sk_test_", "rk_test_")
LIVE = ("pk_live_", "sk_live_", "rk_live_")


@dataclass(frozen=True)
class Verdict:
    """Whether a purchase moves no money, and why it is thought so."""

    harmless: bool
    why: str


def judge(publishable_key: str, api_key: str = "") -> Verdict:
    """By the key that the shop hands to browsers and, where it is known, the one that it charges with.

    Both must be test keys: the prefixes are Stripe's (docs.stripe.com/keys), and the stand-in's keys have them too.
    """
    if live := [key[: len(LIVE[0])] for key in (publishable_key, api_key) if key.startswith(LIVE)]:
        return Verdict(False, f"the shop has a live key ({', '.join(live)}...)")
    if not publishable_key.startswith(PUBLISHABLE_TEST):
        return Verdict(False, "the shop's publishable key is not known to be a test key")
    if api_key and not api_key.startswith(SECRET_TEST):
        return Verdict(False, "the shop's API key is not known to be a test key")
    return Verdict(True, "the shop has test keys")
