"""Payment Intents: the embedded flow. A web client confirms with the publishable key and the client secret."""

from __future__ import annotations

import hmac

from . import currency, payment_methods, payments
from .calls import Call, Endpoint
from .errors import ApiError, Json, invalid, resource_missing, unexpected_state
from .lists import listing
from .params import EXPAND, LISTING, Boolean, Fields, Integer, Many, Metadata, Shape, Text, Url, words
from .payment_methods import DATA_FIELDS
from .store import Query, Record, Tx

_CAPTURE = Text(choices=("automatic", "automatic_async"))
_AUTOMATIC = Fields({"enabled": Boolean(), "allow_redirects": Text(choices=("always", "never"))}, required=("enabled",))
_CONFIRM: dict[str, Shape] = {
    "payment_method": Text(),
    "payment_method_data": DATA_FIELDS,
    "return_url": Url(),
    "expand": EXPAND,
    "receipt_email": Text(800),
    "use_stripe_sdk": Boolean(),
}
CREATE = Fields(
    _CONFIRM
    | {
        "amount": Integer(),
        "currency": Text(3),
        "metadata": Metadata(),
        "description": Text(1000),
        "automatic_payment_methods": _AUTOMATIC,
        "payment_method_types": Many(Text(choices=("card",))),
        "capture_method": _CAPTURE,
        "confirm": Boolean(),
        "statement_descriptor_suffix": Text(22),
    },
    required=("amount", "currency"),
)
_CONFIRM_SHAPE = Fields(_CONFIRM | {"client_secret": Text()})
_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
_CANCEL = Fields({"cancellation_reason": Text(choices=_REASONS), "expand": EXPAND})
_RETRIEVE = Fields({"client_secret": Text(), "expand": EXPAND})
_LIST = Fields(LISTING | {"expand": EXPAND})

_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
_CLIENT_SEES = words(
    "id object amount amount_details automatic_payment_methods canceled_at cancellation_reason capture_method"
    " client_secret confirmation_method created currency description last_payment_error livemode next_action"
    " payment_method payment_method_types processing receipt_email setup_future_usage shipping source status"
)


def create(tx: Tx, call: Call) -> Json:
    """`POST /v1/payment_intents`, with `confirm=true` also the first attempt."""
    given = call.params
    code = currency.check_currency(given["currency"], "currency")
    currency.check_charge(given["amount"], code, "amount")
    kept = (
        "description",
        "receipt_email",
        "metadata",
        "payment_method_types",
        "capture_method",
        "statement_descriptor_suffix",
    )
    fields = {name: given[name] for name in kept if name in given}
    if "payment_method_types" not in given:
        fields["automatic_payment_methods"] = {"allow_redirects": "always", "enabled": True}
        fields["automatic_payment_methods"] |= given.get("automatic_payment_methods", {})
    intent = payments.new_intent(tx, {"amount": given["amount"], "currency": code} | fields)
    method = _method(tx, given)
    if method:
        intent.body |= {"payment_method": method.id, "status": "requires_confirmation"}
        tx.save(intent)
    return _attempt(tx, intent, given).body if given.get("confirm") else intent.body


def retrieve(tx: Tx, call: Call) -> Json:
    """`GET /v1/payment_intents/{id}`; a publishable key sees what a browser may."""
    return _shown(_by_id(tx, call), call)


def confirm(tx: Tx, call: Call) -> Json:
    """`POST /v1/payment_intents/{id}/confirm`."""
    intent = _by_id(tx, call)
    status = intent.body["status"]
    if status not in _CONFIRMABLE:
        why = (
            "it has already succeeded after being previously confirmed"
            if status == "succeeded"
            else (f"it has a status of {status}")
        )
        raise unexpected_state(f"You cannot confirm this PaymentIntent because {why}.", _shown(intent, call))
    try:
        return _shown(_attempt(tx, intent, call.params), call)
    except ApiError as error:
        if "payment_intent" in error.error:
            error.error["payment_intent"] = _shown(intent, call)
        raise


def cancel(tx: Tx, call: Call) -> Json:
    """`POST /v1/payment_intents/{id}/cancel`."""
    intent = _by_id(tx, call)
    status = intent.body["status"]
    if "session" in intent.private:
        raise unexpected_state(
            "You cannot cancel this PaymentIntent because it was created by a Checkout Session. "
            "Expire the Checkout Session instead.",
            intent.body,
        )
    if status not in _CANCELABLE:
        allowed = ", ".join(_CANCELABLE)
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {status}. Only a "
            f"PaymentIntent with one of the following statuses may be canceled: {allowed}.",
            intent.body,
        )
    payments.cancel(tx, intent, call.params.get("cancellation_reason"))
    return intent.body


def list_all(tx: Tx, call: Call) -> Json:
    """`GET /v1/payment_intents`: newest first."""
    return listing(tx, call, Query("payment_intent"))


def _attempt(tx: Tx, intent: Record, given: Json) -> Record:
    method = _method(tx, given)
    reference = method.id if method else intent.body["payment_method"]
    if reference is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
            intent.body,
        )
    chosen = payment_methods.from_reference(tx, reference)
    payments.pay(tx, intent, chosen, given.get("return_url"))
    decline = payments.decline_of(intent.body)
    if decline:
        extra = {"payment_intent": intent.body, "payment_method": chosen.body, "charge": intent.body["latest_charge"]}
        raise payment_methods.card_error(decline, extra, keeps_effects=True)
    return intent


def _method(tx: Tx, given: Json) -> Record | None:
    if "payment_method_data" in given:
        return payment_methods.from_data(tx, given["payment_method_data"])
    return payment_methods.from_reference(tx, given["payment_method"]) if "payment_method" in given else None


def _by_id(tx: Tx, call: Call) -> Record:
    found = tx.find("payment_intent", call.id)
    if not found:
        raise resource_missing("payment_intent", call.id, "intent")
    _check_client(found, call)
    return found


def _check_client(intent: Record, call: Call) -> None:
    secret = call.params.get("client_secret")
    if secret is None and call.publishable:
        raise invalid("Missing required param: client_secret.", "client_secret", "parameter_missing")
    if secret is not None and not hmac.compare_digest(secret, intent.body["client_secret"]):
        message = f"The client_secret provided does not match any associated PaymentIntent on this account: {intent.id}"
        raise invalid(message, "client_secret", "payment_intent_invalid_parameter")


def _shown(intent: Record, call: Call) -> Json:
    return {name: intent.body[name] for name in _CLIENT_SEES} if call.publishable else intent.body


ENDPOINTS = (
    Endpoint("POST", "/v1/payment_intents", CREATE, create),
    Endpoint("GET", "/v1/payment_intents", _LIST, list_all),
    Endpoint("GET", "/v1/payment_intents/{id}", _RETRIEVE, retrieve, publishable=True),
    Endpoint("POST", "/v1/payment_intents/{id}/confirm", _CONFIRM_SHAPE, confirm, publishable=True),
    Endpoint("POST", "/v1/payment_intents/{id}/cancel", _CANCEL, cancel),
    Endpoint("POST", "/v1/payment_methods", payment_methods.CREATE, payment_methods.create, publishable=True),
)
