"""Idempotency keys, as Stripe documents them, with the switches that make answers fail or wait."""

import asyncio
from typing import Any

import pytest
import stripe

from deploy.local.stripe.control import Match, StripeControl
from tests.stripe import building

pytestmark = pytest.mark.stack


async def create(client: stripe.StripeClient, payment_id: str, key: str | None = None, **changes: Any) -> Any:
    """Create an intent under an idempotency key: the payment's id where none is given."""
    params = building.intent(payment_id, **changes)
    return await client.v1.payment_intents.create_async(params, {"idempotency_key": key or payment_id})


async def intents_of(client: stripe.StripeClient, payment_id: str) -> int:
    """How many intents carry this payment's id."""
    listed = await client.v1.payment_intents.list_async({"limit": 100})
    return sum(item.metadata["payment_id"] == payment_id for item in listed.data)


async def test_the_same_key_and_parameters_replay_the_first_answer(
    client: stripe.StripeClient, payment_id: str
) -> None:
    first, second = await create(client, payment_id), await create(client, payment_id)
    assert first.id == second.id
    assert "idempotent-replayed" not in first.last_response.headers
    assert second.last_response.headers["idempotent-replayed"] == "true"
    assert second.last_response.headers["original-request"] == first.last_response.headers["request-id"]
    assert await intents_of(client, payment_id) == 1


async def test_the_same_key_with_other_parameters_is_refused(client: stripe.StripeClient, payment_id: str) -> None:
    await create(client, payment_id)
    with pytest.raises(stripe.IdempotencyError) as refusal:
        await create(client, payment_id, amount=9900)
    assert refusal.value.http_status == 400


async def test_a_declined_answer_is_replayed(client: stripe.StripeClient, payment_id: str) -> None:
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            await create(client, payment_id, payment_method="pm_card_chargeDeclined", confirm=True)
    assert await intents_of(client, payment_id) == 1


async def test_a_request_refused_for_its_parameters_keeps_no_key(client: stripe.StripeClient, payment_id: str) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        await create(client, payment_id, amount=1)
    assert (await create(client, payment_id)).status == "requires_payment_method"


async def test_a_stored_500_is_replayed_for_ever_though_nothing_happened(
    client: stripe.StripeClient, control: StripeControl, payment_id: str, mine: Match
) -> None:
    await control.fail(mine, stored=True)
    for _ in range(3):
        with pytest.raises(stripe.APIError) as failure:
            await create(client, payment_id)
        assert failure.value.http_status == 500
        assert failure.value.headers
        assert failure.value.headers["stripe-should-retry"] == "false"
    assert await intents_of(client, payment_id) == 0
    assert await create(client, payment_id, key=f"{payment_id}-2")


async def test_a_stored_500_can_hide_an_effect(
    client: stripe.StripeClient, control: StripeControl, payment_id: str, mine: Match
) -> None:
    await control.fail(mine, when="after", stored=True)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await create(client, payment_id)
    assert await intents_of(client, payment_id) == 1, "found by the list, as payment does"


async def test_a_500_that_was_not_stored_is_healed_by_a_repeat(
    client: stripe.StripeClient, control: StripeControl, payment_id: str, mine: Match
) -> None:
    await control.fail(mine, when="after")
    with pytest.raises(stripe.APIError):
        await create(client, payment_id)
    assert (await create(client, payment_id)).last_response.headers["idempotent-replayed"] == "true"
    await control.fail(mine, count=2)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await create(client, payment_id, key=f"{payment_id}-2")
    assert await create(client, payment_id, key=f"{payment_id}-2")
    assert await intents_of(client, payment_id) == 2


async def test_a_key_in_use_is_a_conflict_until_its_request_ends(
    client: stripe.StripeClient, control: StripeControl, payment_id: str, mine: Match
) -> None:
    switch = await control.hold(mine)
    first = asyncio.create_task(create(client, payment_id))
    await control.until_held(switch)
    with pytest.raises(stripe.APIError) as conflict:
        await create(client, payment_id)
    assert conflict.value.http_status == 409
    assert conflict.value.error
    assert conflict.value.error.code == "idempotency_key_in_use"
    assert await intents_of(client, payment_id) == 0, "held before its effect"
    await control.release(switch)
    assert (await first).id == (await create(client, payment_id)).id


async def test_a_held_answer_has_had_its_effect(
    client: stripe.StripeClient, control: StripeControl, payment_id: str, mine: Match
) -> None:
    switch = await control.hold(mine, when="after")
    first = asyncio.create_task(create(client, payment_id))
    await control.until_held(switch)
    assert await intents_of(client, payment_id) == 1
    repeat = await create(client, payment_id)
    await control.release(switch)
    assert (await first).id == repeat.id


async def test_a_forgotten_key_begins_anew(
    client: stripe.StripeClient, control: StripeControl, payment_id: str
) -> None:
    first = await create(client, payment_id)
    await control.forget_key(payment_id)
    assert (await create(client, payment_id)).id != first.id


async def test_switches_touch_only_what_they_match(
    client: stripe.StripeClient, control: StripeControl, payment_id: str, mine: Match
) -> None:
    await control.fail(Match(method="POST", path="/v1/payment_intents/*/cancel", metadata=mine.metadata))
    other = await create(client, f"{payment_id}-other")
    own = await create(client, payment_id)
    await client.v1.payment_intents.cancel_async(other.id)
    with pytest.raises(stripe.APIError):
        await client.v1.payment_intents.cancel_async(own.id)
    assert (await client.v1.payment_intents.cancel_async(own.id)).status == "canceled"


async def test_served_requests_can_be_counted(
    client: stripe.StripeClient, control: StripeControl, payment_id: str
) -> None:
    await create(client, payment_id)
    await create(client, payment_id)
    served = [row for row in await control.requests("/v1/payment_intents") if row["idempotency_key"] == payment_id]
    assert [(row["status"], row["replayed"]) for row in served] == [(200, 0), (200, 1)]
