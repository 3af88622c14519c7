"""What the operator's guide tells to set at Stripe is what the code speaks and handles."""

import re

import stripe

from deploy.local.bootstrap import ROOT
from services.payment.adapters.stripe_requests import EVENT_TYPES

GUIDE = (ROOT / "docs" / "operating.md").read_text()
SECTION = GUIDE.partition("\n### Stripe\n")[2].partition("\n## ")[0]


def test_the_guide_names_the_version_that_the_library_pins() -> None:
    assert re.findall(r"API version `([^`]+)`", SECTION) == [stripe.api_version]


def test_the_guide_lists_the_events_that_are_handled() -> None:
    (block,) = re.findall(r"^```\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    assert sorted(block.split()) == sorted(EVENT_TYPES)
