"""Stripe through the official library. We repeat requests ourselves, by their stored bodies, so the library never does."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Self

import httpx
import stripe
import structlog
from opentelemetry.trace import SpanKind

from services.chassis import telemetry
from services.payment.adapters import stripe_objects, stripe_requests
from services.payment.adapters.stripe_requests import StripeRequest
from services.payment.domain.bill import Bill
from services.payment.domain.payment import Attempt, Kind, Payment, Refund, RefundState
from services.payment.domain.refunds import RefundFact
from services.payment.domain.settlement import Standing
from services.payment.ports import EventPage, ProviderAway, ProviderBusy, ProviderFault, ProviderRefusal

log = structlog.get_logger()
Json = dict[str, Any]
CONNECT_SECONDS = 2.0
CLOCKS_APART = timedelta(minutes=5)
"""How far Stripe's clock and ours may differ where we page by time."""
_CONFLICT, _SERVER_ERRORS = 409, 500


class StripeGateway:
    """The port ``Provider``. `api_base` is empty for Stripe itself."""

    def __init__(self, api_key: str, api_base: str, timeout_seconds: float) -> None:
        self._http = stripe.HTTPXClient(timeout=httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS))
        self._client = stripe.StripeClient(
            api_key,
            http_client=self._http,
            max_network_retries=0,
            base_addresses={"api": api_base} if api_base else None,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]

    def attempt_body(self, payment: Payment, bill: Bill, number: int) -> bytes:
        """The request that makes an attempt."""
        return stripe_requests.attempt(payment, bill, number).body

    def refund_body(self, payment: Payment, refund: Refund, attempt: Attempt) -> bytes:
        """The request that makes a refund."""
        return stripe_requests.refund(payment, refund, attempt).body

    async def make_attempt(self, kind: Kind, body: bytes, key: str) -> Standing:
        """Sends a stored request."""
        return stripe_objects.standing(await self._send(stripe_requests.stored_attempt(kind, body), key))

    async def find_attempt(self, attempt: Attempt, payment_id: str) -> Standing | None:
        """The attempt among what was made since it was first sent."""
        async for standing in self._pages(attempt.kind, attempt.first_sent_time - CLOCKS_APART):
            if (standing.payment_id, standing.attempt_number) == (payment_id, attempt.number):
                return standing
        return None

    async def standing(self, kind: Kind, provider_id: str) -> Standing:
        """What Stripe says now."""
        return stripe_objects.standing(await self._send(stripe_requests.retrieve(kind, provider_id)))

    async def standing_of_intent(self, intent_id: str) -> Standing:
        """The intent's session, or the intent itself."""
        sessions = (await self._send(stripe_requests.session_of(intent_id)))["data"]
        return stripe_objects.standing(sessions[0]) if sessions else await self.standing(Kind.INTENT, intent_id)

    async def end(self, kind: Kind, provider_id: str) -> None:
        """Expires or cancels; a refusal means that it has ended or is being paid, which settling will find."""
        try:
            await self._send(stripe_requests.end(kind, provider_id))
        except ProviderRefusal:
            return

    async def client_secret(self, intent_id: str) -> str:
        """The intent's client secret."""
        return str((await self._send(stripe_requests.retrieve(Kind.INTENT, intent_id)))["client_secret"])

    async def make_refund(self, body: bytes, key: str) -> RefundFact:
        """Sends a stored refund."""
        return stripe_objects.refund(await self._send(stripe_requests.stored_refund(body), key))

    async def refund_all(self, intent_id: str, payment_id: str) -> RefundFact:
        """By a key that counts what came back: repeated it is the same refund, unless that failed.

        Stripe itself refuses a second one after it has forgotten the key.
        """
        failed = [each for each in await self.refunds(intent_id) if each.state is RefundState.FAILED]
        request = stripe_requests.refund_all(intent_id, payment_id)
        return stripe_objects.refund(await self._send(request, f"unknown:{intent_id}:{len(failed)}"))

    async def refunds(self, intent_id: str) -> list[RefundFact]:
        """Every refund of an intent."""
        found: list[Json] = []
        while True:
            page = await self._send(stripe_requests.refunds_of(intent_id, found[-1]["id"] if found else ""))
            found += page["data"]
            if not page["has_more"]:
                return [stripe_objects.refund(each) for each in found]

    async def events(self, since: datetime, after: str) -> EventPage:
        """A page of the events since, the newest first."""
        page = await self._send(stripe_requests.events_since(since, after))
        found = [stripe_objects.cut_down(each) for each in page["data"]]
        return EventPage(found, found[-1]["id"] if found else "", page["has_more"])

    async def _pages(self, kind: Kind, since: datetime) -> AsyncIterator[Standing]:
        after = ""
        while True:
            page = await self._send(stripe_requests.made_since(kind, since, after))
            for found in page["data"]:
                yield stripe_objects.standing(found)
            if not page["has_more"]:
                return
            after = page["data"][-1]["id"]

    async def _send(self, request: StripeRequest, key: str = "") -> Json:
        options = {"idempotency_key": key} if key else {}
        name = f"stripe {request.method.upper()} {'/'.join(request.path.split('/')[:4])}"
        with telemetry.span(name, kind=SpanKind.CLIENT):
            try:
                answer = await self._client.raw_request_async(request.method, request.path, **options, **request.params)
            except stripe.StripeError as error:
                _report(name, error)
                raise _meaning(error, keyed=bool(key)) from error
        return dict(answer.data)


def _report(name: str, error: stripe.StripeError) -> None:
    """Only kinds and ids: the message may quote what we sent."""
    kind, status = type(error).__name__, error.http_status
    log.warning("stripe_failed", request=name, error=kind, status=status, code=error.code, stripe_id=error.request_id)


def _meaning(error: stripe.StripeError, *, keyed: bool) -> Exception:
    """What a failure means for the request's effect. Source: docs.stripe.com/error-low-level."""
    status = error.http_status or 0
    if status == _CONFLICT:
        return ProviderBusy("Stripe is still at work on an earlier request")
    if isinstance(error, stripe.IdempotencyError):
        # The key stands for another request than we send now (another encoding of it): only the list can tell.
        return ProviderFault(stored=True)
    if isinstance(error, stripe.InvalidRequestError | stripe.CardError):
        return ProviderRefusal(error.code or "refused", error.user_message or "Stripe refused the request")
    if status >= _SERVER_ERRORS and keyed:
        return ProviderFault(stored=(error.headers or {}).get("idempotent-replayed") == "true")
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return ProviderAway("Stripe does not accept the shop's key")
    return ProviderAway("Stripe does not answer")
