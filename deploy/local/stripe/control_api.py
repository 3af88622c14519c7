"""The control API under `/_control`: switches, and things that happen "on Stripe's side". README.md lists it.

Bodies are JSON and must say so: a web page elsewhere cannot send that without asking first, and is not let.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from . import disputes, idempotency, payments, refunds, sessions, switches, webhooks
from .api import Barriers
from .delivery import Deliverer
from .errors import ApiError, Json, invalid, refused, resource_missing
from .store import TABLES, Record, Store, Tx
from .switches import KINDS, Switch

_Action = Callable[[Tx, Json, str], Json]
_NEEDS = {"webhook_duplicate": "copies", "webhook_delay": "seconds", "webhook_reorder": "count"}


class ControlApi:
    """Each action is one transaction; webhooks that it causes leave at once."""

    def __init__(self, store: Store, deliverer: Deliverer, barriers: Barriers) -> None:
        self._store = store
        self._deliverer = deliverer
        self._barriers = barriers

    def routes(self) -> list[Route]:
        """The actions' addresses below `/_control`."""
        actions: tuple[tuple[str, str, _Action], ...] = (
            ("GET", "/health", _health),
            ("POST", "/reset", self._reset),
            ("POST", "/webhook", _set_webhook),
            ("POST", "/switches", self._lay),
            ("GET", "/switches", self._list_switches),
            ("POST", "/switches/{id:int}/release", self._release),
            ("GET", "/deliveries", _list_deliveries),
            ("GET", "/requests", _list_requests),
            ("POST", "/events/{id}/redeliver", _redeliver),
            ("POST", "/idempotency_keys/{id}/forget", _forget_key),
            ("POST", "/sessions/{id}/expire", _expire_session),
            ("POST", "/payment_intents/{id}/refund", _refund),
            ("POST", "/payment_intents/{id}/dispute", _dispute),
            ("POST", "/payment_intents/{id}/settle", _settle_payment),
            ("POST", "/refunds/{id}/fail", _fail_refund),
            ("POST", "/refunds/{id}/succeed", _succeed_refund),
        )
        return [Route(path, self._endpoint(action), methods=[method]) for method, path, action in actions]

    def _endpoint(self, action: _Action) -> Callable[[Request], Awaitable[JSONResponse]]:
        async def serve(request: Request) -> JSONResponse:
            try:
                given = await _read(request)
                with self._store.transaction() as tx:
                    answer = action(tx, given, str(request.path_params.get("id", "")))
            except ApiError as error:
                return JSONResponse({"error": error.error}, error.status)
            self._deliverer.wake()
            return JSONResponse(answer)

        return serve

    def _lay(self, tx: Tx, given: Json, id: str) -> Json:
        kind = given.get("kind")
        if kind not in KINDS:
            raise invalid(f"kind must be one of {', '.join(KINDS)}", "kind")
        if kind in _NEEDS and _NEEDS[kind] not in given:
            raise invalid(f"{kind} needs {_NEEDS[kind]}", _NEEDS[kind])
        return self._shown(tx, switches.lay(tx, given))

    def _list_switches(self, tx: Tx, given: Json, id: str) -> Json:
        return {"data": [self._shown(tx, switch) for switch in switches.laid(tx)]}

    def _release(self, tx: Tx, given: Json, id: str) -> Json:
        number = int(id)
        webhooks.release_held(tx, number)
        switches.lift(tx, number)
        self._barriers.release(number)
        return {"id": number}

    def _reset(self, tx: Tx, given: Json, id: str) -> Json:
        for switch in switches.laid(tx):
            self._barriers.release(switch.id)
        for table in TABLES:
            tx.connection.execute(f"DELETE FROM {table}")
        return {}

    def _shown(self, tx: Tx, switch: Switch) -> Json:
        held = self._barriers.waiting(switch.id) + webhooks.held(tx, switch.id)
        return {"id": switch.id, "held": held, "remaining": switch.remaining, "spec": switch.spec}


async def _read(request: Request) -> Json:
    if request.method == "GET":
        return dict(request.query_params)
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ApiError(415, "Send application/json")
    try:
        given = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise invalid("Send a JSON object") from error
    if not isinstance(given, dict):
        raise invalid("Send a JSON object")
    return given


def _health(tx: Tx, given: Json, id: str) -> Json:
    return {"status": "ok"}


def _set_webhook(tx: Tx, given: Json, id: str) -> Json:
    webhooks.point_at(tx, given.get("url"), given.get("secrets", []))
    return given


def _list_deliveries(tx: Tx, given: Json, id: str) -> Json:
    return {"data": webhooks.listed(tx, given.get("event"), given.get("state"))}


def _list_requests(tx: Tx, given: Json, id: str) -> Json:
    rows = tx.connection.execute("SELECT * FROM requests WHERE path GLOB ? ORDER BY id", (given.get("path", "*"),))
    return {"data": [dict(row) for row in rows.fetchall()]}


def _redeliver(tx: Tx, given: Json, id: str) -> Json:
    webhooks.redeliver(tx, _get(tx, "event", id).id)
    return {"id": id}


def _forget_key(tx: Tx, given: Json, id: str) -> Json:
    return {"forgotten": idempotency.forget(tx, id)}


def _expire_session(tx: Tx, given: Json, id: str) -> Json:
    session = sessions.by_id(tx, id)
    if session.body["status"] != "open":
        raise refused(f"The session is {session.body['status']}")
    session.body["expires_at"] = int(time.time())
    return sessions.close(tx, session).body


def _refund(tx: Tx, given: Json, id: str) -> Json:
    return refunds.refund(tx, _charge(tx, id), given, pending=given.get("pending", False)).body


def _dispute(tx: Tx, given: Json, id: str) -> Json:
    return disputes.open_dispute(
        tx, _charge(tx, id), reason=given.get("reason", "fraudulent"), amount=given.get("amount")
    )


def _settle_payment(tx: Tx, given: Json, id: str) -> Json:
    intent = _get(tx, "payment_intent", id)
    if intent.body["status"] != "processing":
        raise refused(f"The intent is {intent.body['status']}")
    payments.charge(tx, intent, refuse=None if given.get("succeed", True) else "generic_decline")
    sessions.follow_payment(tx, intent)
    return intent.body


def _fail_refund(tx: Tx, given: Json, id: str) -> Json:
    refund = _get(tx, "refund", id)
    if refund.body["status"] == "failed":
        raise refused("The refund has failed already")
    refunds.fail(tx, refund, given.get("failure_reason", "lost_or_stolen_card"))
    return refund.body


def _succeed_refund(tx: Tx, given: Json, id: str) -> Json:
    refund = _get(tx, "refund", id)
    if refund.body["status"] != "pending":
        raise refused(f"The refund is {refund.body['status']}")
    refunds.succeed(tx, refund)
    return refund.body


def _charge(tx: Tx, intent_id: str) -> Record:
    charge = refunds.charge_of(tx, _get(tx, "payment_intent", intent_id).id)
    if not charge:
        raise refused("The intent has no successful charge")
    return charge


def _get(tx: Tx, kind: str, id: str) -> Record:
    found = tx.find(kind, id)
    if not found:
        raise resource_missing(kind, id, "id")
    return found
