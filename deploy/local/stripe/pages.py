"""The hosted page: pay by card in a browser without JavaScript, or by an HTTP client with the same form.

A client that asks for JSON (`Accept: application/json`) is told `{"status", "redirect", "error"}` instead.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from . import currency, payment_methods, payments, sessions
from .delivery import Deliverer
from .errors import ApiError, Json
from .store import Record, Store, Tx

_FORM = ("email", "card_number", "card_expiry", "card_cvc", "card_name")
_EXPIRY = re.compile(r"([0-9]{1,2})\s*/?\s*([0-9]{4}|[0-9]{2})")  # the slash is missing on a phone's number keys


class Pages:
    """The pay page of a session and the bank's page of an intent."""

    def __init__(self, store: Store, deliverer: Deliverer) -> None:
        self._store = store
        self._deliverer = deliverer
        folder = Path(__file__).with_name("templates")
        self._templates = Environment(loader=FileSystemLoader(folder), autoescape=select_autoescape())
        self._templates.filters["money"] = currency.display

    def routes(self) -> list[Route]:
        """The pages' addresses."""
        return [
            Route("/c/pay/{id}", self.show, methods=["GET"]),
            Route("/c/pay/{id}", self.pay, methods=["POST"]),
            Route("/authenticate/{id}", self.ask, methods=["GET"]),
            Route("/authenticate/{id}", self.authenticate, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The lines, the total and the card form, or what became of the session."""
        with self._store.transaction() as tx:
            sessions.expire_due(tx)
            session = tx.find("checkout.session", request.path_params["id"])
            if session is None:
                return self._unknown(request)
            if session.body["status"] != "open":
                return self._closed(session, request)
            return self._form(session, self._last_problem(tx, session), {})

    async def pay(self, request: Request) -> Response:
        """The form was sent: pay, and go on to wherever the outcome leads."""
        sent = await _sent(request)
        form = {name: sent.get(name, "").strip() for name in _FORM}
        with self._store.transaction() as tx:
            sessions.expire_due(tx)
            session = tx.find("checkout.session", request.path_params["id"])
            if session is None:
                return self._unknown(request)
            if session.body["status"] != "open":
                return self._closed(session, request)
            problem = self._attempt(tx, session, form)
            answer = self._after_attempt(tx, session, problem, form, request)
        self._deliverer.wake()
        return answer

    async def ask(self, request: Request) -> Response:
        """The bank's page: complete or fail the authentication."""
        with self._store.transaction() as tx:
            intent = tx.find("payment_intent", request.path_params["id"])
            if intent is None:
                return self._unknown(request)
            if intent.body["status"] != "requires_action":
                return self._after_bank(tx, intent, request)
            return HTMLResponse(self._templates.get_template("authenticate.html").render(intent=intent.body))

    async def authenticate(self, request: Request) -> Response:
        """The customer chose: `outcome` is `complete` or `fail`."""
        passed = (await _sent(request)).get("outcome") == "complete"
        with self._store.transaction() as tx:
            intent = tx.find("payment_intent", request.path_params["id"])
            if intent is None:
                return self._unknown(request)
            if intent.body["status"] == "requires_action":
                payments.authenticate(tx, intent, passed)
                sessions.follow_payment(tx, intent)
            answer = self._after_bank(tx, intent, request)
        self._deliverer.wake()
        return answer

    @staticmethod
    def _attempt(tx: Tx, session: Record, form: dict[str, str]) -> str | None:
        try:
            method = payment_methods.from_data(tx, _card_data(form))
        except ApiError as error:
            return str(error)
        intent = sessions.start_payment(tx, session)
        payments.pay(tx, intent, method)
        followed = sessions.follow_payment(tx, intent)
        session.body = followed.body if followed else session.body
        decline = payments.decline_of(intent.body)
        return decline.message if decline else None

    def _after_attempt(
        self, tx: Tx, session: Record, problem: str | None, form: dict[str, str], request: Request
    ) -> Response:
        if problem:
            return _told(request, 402, "declined", error=problem) or self._form(session, problem, form, 402)
        intent = sessions.intent_of(tx, session)
        if intent and intent.body["status"] == "requires_action":
            target = f"{tx.settings.public_url}/authenticate/{intent.id}"
            return _go(request, "requires_action", target)
        return _go(request, str(session.body["status"]), sessions.redirect_url(session, "success_url"))

    def _after_bank(self, tx: Tx, intent: Record, request: Request) -> Response:
        session = tx.find("checkout.session", intent.private.get("session", ""))
        status = str(intent.body["status"])
        if session is None and intent.private.get("return_url"):
            return _go(request, status, _return_url(intent))
        if session is None:
            return _told(request, 200, status) or self._message(200, "You can close this window")
        if session.body["status"] == "complete":
            return _go(request, "complete", sessions.redirect_url(session, "success_url"))
        return _go(request, status, f"{tx.settings.public_url}/c/pay/{session.id}")

    def _form(self, session: Record, problem: str | None, form: dict[str, str], status: int = 200) -> Response:
        shown = {name: form.get(name, "") for name in ("email", "card_name")}
        shown["email"] = shown["email"] or session.body["customer_email"] or ""
        page = self._templates.get_template("pay.html").render(
            session=session.body,
            lines=session.private["lines"],
            problem=problem,
            form=shown,
            back=sessions.redirect_url(session, "cancel_url"),
        )
        return HTMLResponse(page, status, {"Cache-Control": "no-store"})

    def _closed(self, session: Record, request: Request) -> Response:
        if session.body["status"] == "complete":
            return _go(request, "complete", sessions.redirect_url(session, "success_url"))
        text, back = "This payment page has expired", sessions.redirect_url(session, "cancel_url")
        return _told(request, 410, "expired", error=text) or self._message(410, text, back)

    def _unknown(self, request: Request) -> Response:
        text = "This page does not exist"
        return _told(request, 404, "unknown", error=text) or self._message(404, text)

    def _message(self, status: int, text: str, back: str = "") -> Response:
        return HTMLResponse(self._templates.get_template("message.html").render(text=text, back=back), status)

    @staticmethod
    def _last_problem(tx: Tx, session: Record) -> str | None:
        intent = sessions.intent_of(tx, session)
        decline = payments.decline_of(intent.body) if intent else None
        return decline.message if decline else None


async def _sent(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))


def _card_data(form: dict[str, str]) -> Json:
    typed = _EXPIRY.fullmatch(form["card_expiry"])
    month, year = map(int, typed.groups()) if typed else (0, 0)
    card = {
        "number": form["card_number"].replace("-", ""),
        "exp_month": month,
        "exp_year": year,
        "cvc": form["card_cvc"],
    }
    billing = {"email": form["email"] or None, "name": form["card_name"] or None}
    return {"card": card, "billing_details": billing}


def _return_url(intent: Record) -> str:
    parts = urlsplit(intent.private["return_url"])
    outcome = "succeeded" if intent.body["status"] == "succeeded" else "failed"
    told = urlencode(
        {
            "payment_intent": intent.id,
            "payment_intent_client_secret": intent.body["client_secret"],
            "redirect_status": outcome,
        }
    )
    return urlunsplit(parts._replace(query=f"{parts.query}&{told}" if parts.query else told))


def _go(request: Request, status: str, target: str) -> Response:
    return _told(request, 200, status, redirect=target) or RedirectResponse(target, 303)


def _told(
    request: Request, code: int, status: str, *, redirect: str | None = None, error: str | None = None
) -> Response | None:
    if "application/json" not in request.headers.get("accept", ""):
        return None
    return JSONResponse({"status": status, "redirect": redirect, "error": error}, code)
