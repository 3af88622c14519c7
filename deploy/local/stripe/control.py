"""A client of the stand-in's control API, for tests and demos."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

import httpx

Json = dict[str, Any]
When = Literal["before", "after"]
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True)
class Match:
    """What a switch is for. Empty parts fit everything; `path` and `type` may hold `*`.

    `method` and `path` are of API requests, `type` is of events; `text` occurs in the request's form or the event's
    object; `metadata` is on the request or object, or on the payment intent or charge that it names.
    """

    method: str | None = None
    path: str | None = None
    type: str | None = None
    text: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Json:
        """As the control API takes it."""
        parts = {"method": self.method, "path": self.path, "type": self.type, "text": self.text}
        return {name: part for name, part in parts.items() if part is not None} | {"metadata": dict(self.metadata)}


EVERYTHING = Match()


class StripeControl:
    """Switches and events "on Stripe's side". Every method raises `httpx.HTTPStatusError` where it is refused."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx.AsyncClient(base_url=base_url, timeout=10.0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def fail(
        self, match: Match, *, when: When = "before", stored: bool = False, count: int = 1, status: int = 500
    ) -> int:
        """Answer 500 to the next `count` matching requests, before or after their effect; returns the switch's id.

        `stored` keeps that 500 under the request's idempotency key, so that every repeat gets it again.
        """
        return await self._lay("api_fail", match, count=count, when=when, stored=stored, status=status)

    async def hold(self, match: Match, *, when: When = "before", count: int = 1) -> int:
        """Let matching requests wait, before their effect or with the answer ready, until `release`."""
        return await self._lay("api_hold", match, count=count, when=when)

    async def duplicate(self, match: Match, *, copies: int = 2, count: int | None = None) -> int:
        """Deliver matching events `copies` times."""
        return await self._lay("webhook_duplicate", match, count=count, copies=copies)

    async def delay(self, match: Match, *, seconds: float, count: int | None = None) -> int:
        """Deliver matching events later."""
        return await self._lay("webhook_delay", match, count=count, seconds=seconds)

    async def lose(self, match: Match, *, count: int | None = None) -> int:
        """Never deliver matching events (until `redeliver`)."""
        return await self._lay("webhook_lose", match, count=count)

    async def hold_webhooks(self, match: Match, *, count: int | None = None) -> int:
        """Keep matching events back until `release`."""
        return await self._lay("webhook_hold", match, count=count)

    async def reorder(self, match: Match, *, count: int) -> int:
        """Keep the next `count` matching events, then deliver them in the reverse order, one after the other."""
        return await self._lay("webhook_reorder", match, count=count)

    async def keep_refunds_pending(self, match: Match, *, count: int = 1) -> int:
        """Matching refunds stay pending until `succeed_refund` or `fail_refund`."""
        return await self._lay("refund_pending", match, count=count)

    async def settle_later(self, match: Match, *, count: int = 1) -> int:
        """Matching payments stay processing until `settle_payment`, as with a bank debit."""
        return await self._lay("async_payment", match, count=count)

    async def release(self, switch_id: int) -> None:
        """Lift a switch and let go whatever it holds."""
        await self._post(f"/switches/{switch_id}/release")

    async def held(self, switch_id: int) -> int:
        """How many requests or deliveries a switch holds now."""
        switches = (await self._get("/switches"))["data"]
        return next((int(switch["held"]) for switch in switches if switch["id"] == switch_id), 0)

    async def until_held(self, switch_id: int, count: int = 1, *, within_s: float = 10.0) -> None:
        """Wait until a switch holds `count`; raises `TimeoutError`."""
        async with asyncio.timeout(within_s):
            while await self.held(switch_id) < count:  # noqa: ASYNC110 -- the state is another process's
                await asyncio.sleep(_LOOK_EVERY_S)

    async def deliveries(self, event_id: str | None = None, state: str | None = None) -> list[Json]:
        """Webhook deliveries, the oldest first: event_id, event_type, state, attempts, last_status, last_error."""
        return list((await self._get("/deliveries", event=event_id, state=state))["data"])

    async def requests(self, path: str = "*") -> list[Json]:
        """API requests served, the oldest first: method, path, idempotency_key, replayed, status."""
        return list((await self._get("/requests", path=path))["data"])

    async def redeliver(self, event_id: str) -> None:
        """Deliver an event once more."""
        await self._post(f"/events/{event_id}/redeliver")

    async def point_webhooks_at(self, url: str | None, *secrets: str) -> None:
        """Send webhooks to another address (None: nowhere), signed with each secret, from now on."""
        await self._post("/webhook", {"url": url, "secrets": list(secrets)})

    async def forget_key(self, idempotency_key: str) -> None:
        """Drop an idempotency key, as Stripe does after a day."""
        await self._post(f"/idempotency_keys/{idempotency_key}/forget")

    async def expire_session(self, session_id: str) -> Json:
        """The session's time is over now."""
        return await self._post(f"/sessions/{session_id}/expire")

    async def refund(self, payment_intent: str, *, amount: int | None = None, pending: bool = False) -> Json:
        """A refund made on Stripe's side; of all that is left where no amount (minor units) is given."""
        given: Json = {"pending": pending} | ({} if amount is None else {"amount": amount})
        return await self._post(f"/payment_intents/{payment_intent}/refund", given)

    async def dispute(self, payment_intent: str, *, reason: str = "fraudulent", amount: int | None = None) -> Json:
        """The customer's bank takes the money back; of the whole charge where no amount is given."""
        return await self._post(f"/payment_intents/{payment_intent}/dispute", {"reason": reason, "amount": amount})

    async def settle_payment(self, payment_intent: str, *, succeed: bool = True) -> Json:
        """A processing payment ends."""
        return await self._post(f"/payment_intents/{payment_intent}/settle", {"succeed": succeed})

    async def fail_refund(self, refund_id: str, *, reason: str = "lost_or_stolen_card") -> Json:
        """A refund comes back, even one that had succeeded."""
        return await self._post(f"/refunds/{refund_id}/fail", {"failure_reason": reason})

    async def succeed_refund(self, refund_id: str) -> Json:
        """A pending refund arrives."""
        return await self._post(f"/refunds/{refund_id}/succeed")

    async def reset(self) -> None:
        """Forget everything: objects, keys, deliveries, switches. Not while tests run side by side."""
        await self._post("/reset")

    async def pay(self, session_url: str, number: str = "4242424242424242", email: str = "ada@shop.example") -> Json:
        """Fill in the hosted page; answers `status`, `redirect`, `error` (a declined card is no exception)."""
        form = {
            "email": email,
            "card_number": number,
            "card_expiry": "12/40",
            "card_cvc": "123",
            "card_name": "Ada Lovelace",
        }
        answer = await self._client.post(session_url, data=form, headers={"Accept": "application/json"})
        return dict(answer.json())

    async def authenticate(self, page_url: str, *, passed: bool = True) -> Json:
        """Answer the bank's page; `page_url` is the `redirect` of `pay`, or the intent's next action."""
        form = {"outcome": "complete" if passed else "fail"}
        answer = await self._client.post(page_url, data=form, headers={"Accept": "application/json"})
        return dict(answer.json())

    async def _lay(self, kind: str, match: Match, **spec: Any) -> int:
        given = {name: value for name, value in spec.items() if value is not None}
        answer = await self._post("/switches", {"kind": kind, "match": match.json()} | given)
        return int(answer["id"])

    async def _post(self, path: str, given: Json | None = None) -> Json:
        answer = await self._client.post(f"/_control{path}", json=given or {})
        answer.raise_for_status()
        return dict(answer.json())

    async def _get(self, path: str, /, **query: str | None) -> Json:
        given = {name: value for name, value in query.items() if value is not None}
        answer = await self._client.get(f"/_control{path}", params=given)
        answer.raise_for_status()
        return dict(answer.json())
