"""kill -9 of the stand-in: what it said stays true, and what it had not told yet is told. (Not a power cut.)"""

import asyncio
from collections.abc import Iterator

import pytest
import stripe

from deploy.local.stripe.control import Match, StripeControl
from tests.stripe import building
from tests.stripe.running import Receiver, StandIn

pytestmark = pytest.mark.stack
RESIDENT_MB = 45


@pytest.fixture(autouse=True)
def alive(standin: StandIn) -> Iterator[None]:
    """Each test begins and ends with a running stand-in."""
    yield
    if standin.process is None:
        standin.start()


async def test_paid_sessions_keys_and_untold_webhooks_survive_kill_9(
    standin: StandIn,
    client: stripe.StripeClient,
    control: StripeControl,
    receiver: Receiver,
    payment_id: str,
    mine: Match,
) -> None:
    switch = await control.hold_webhooks(Match(type="checkout.*", metadata=mine.metadata))
    options: stripe.RequestOptions = {"idempotency_key": payment_id}
    session = await client.v1.checkout.sessions.create_async(building.session(payment_id), options)
    await control.pay(str(session.url))

    standin.kill()
    standin.start()

    again = await client.v1.checkout.sessions.create_async(building.session(payment_id), options)
    assert again.id == session.id
    assert (await client.v1.checkout.sessions.retrieve_async(session.id)).payment_status == "paid"
    assert "checkout.session.completed" not in receiver.types(payment_id)
    await control.release(switch)
    await receiver.wait_types(payment_id, "checkout.session.completed")


async def test_a_webhook_refused_before_kill_9_is_sent_after_it(
    standin: StandIn, client: stripe.StripeClient, receiver: Receiver, payment_id: str
) -> None:
    receiver.status = 503
    await client.v1.payment_intents.create_async(building.intent(payment_id))
    standin.kill()
    receiver.status = 200
    standin.start()
    await receiver.wait_types(payment_id, "payment_intent.created")


async def test_a_request_held_before_its_effect_has_none_after_kill_9(
    standin: StandIn, client: stripe.StripeClient, control: StripeControl, payment_id: str, mine: Match
) -> None:
    switch = await control.hold(mine)
    params, options = building.intent(payment_id), stripe.RequestOptions(idempotency_key=payment_id)
    lost = asyncio.create_task(client.v1.payment_intents.create_async(params, options))
    await control.until_held(switch)
    standin.kill()
    with pytest.raises(stripe.APIConnectionError):
        await lost
    standin.start()
    made = await client.v1.payment_intents.create_async(params, options)
    assert made.last_response
    assert "idempotent-replayed" not in made.last_response.headers


async def test_it_is_small(standin: StandIn, client: stripe.StripeClient, control: StripeControl) -> None:
    session = await client.v1.checkout.sessions.create_async(building.session())
    await control.pay(str(session.url))
    assert standin.resident_mb() < RESIDENT_MB
