"""The fields of Stripe's objects that nothing here ever changes, so that answers are whole."""

from __future__ import annotations

import copy

from .errors import Json
from .params import words

API_VERSION = "2026-10-28.endive"
ACCOUNT_ID = "acct_1StandInForStripe"

NO_ADDRESS: Json = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
BILLING_DETAILS: Json = {"address": NO_ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None}

_NULL_SESSION = words(
    "after_expiration allow_promotion_codes billing_address_collection client_reference_id client_secret"
    " collected_information consent consent_collection currency_conversion customer customer_account customer_details"
    " customer_email discounts integration_identifier invoice locale optional_items origin_context payment_intent"
    " payment_link payment_method_configuration_details permissions recovered_from saved_payment_method_options"
    " setup_intent shipping_address_collection shipping_cost submit_type subscription wallet_options managed_payments"
)

CHECKOUT_SESSION: Json = dict.fromkeys(_NULL_SESSION) | {
    "object": "checkout.session",
    "adaptive_pricing": {"enabled": False},
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "branding_settings": {
        "background_color": "#ffffff",
        "border_style": "rounded",
        "button_color": "#0b6e4f",
        "display_name": "Shopmesh (test)",
        "font_family": "default",
        "icon": None,
        "logo": None,
    },
    "custom_fields": [],
    "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
    "customer_creation": "if_required",
    "excluded_payment_method_types": [],
    "invoice_creation": {
        "enabled": False,
        "invoice_data": dict.fromkeys(
            ("account_tax_ids", "custom_fields", "description", "footer", "issuer", "rendering_options")
        )
        | {"metadata": {}},
    },
    "livemode": False,
    "mode": "payment",
    "name_collection": {
        "business": {"enabled": False, "optional": False},
        "individual": {"enabled": False, "optional": False},
    },
    "payment_method_collection": "if_required",
    "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
    "payment_method_types": ["card"],
    "payment_status": "unpaid",
    "phone_number_collection": {"enabled": False},
    "redirect_on_completion": "always",
    "shipping_options": [],
    "status": "open",
    "tax_id_collection": {"enabled": False, "required": "never"},
    "ui_mode": "hosted_page",
}

_NULL_INTENT = words(
    "application application_fee_amount automatic_payment_methods canceled_at cancellation_reason customer"
    " customer_account description excluded_payment_method_types allowed_payment_method_types last_payment_error"
    " latest_charge managed_payments next_action on_behalf_of payment_method payment_method_configuration_details"
    " processing receipt_email review setup_future_usage shipping source statement_descriptor"
    " statement_descriptor_suffix transfer_data transfer_group"
)

PAYMENT_INTENT: Json = dict.fromkeys(_NULL_INTENT) | {
    "object": "payment_intent",
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": 0,
    "capture_method": "automatic_async",
    "confirmation_method": "automatic",
    "livemode": False,
    "metadata": {},
    "payment_method_options": {
        "card": {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "automatic"},
    },
    "payment_method_types": ["card"],
    "status": "requires_payment_method",
}

_NULL_CHARGE = words(
    "application application_fee application_fee_amount balance_transaction customer description"
    " failure_balance_transaction failure_code failure_message on_behalf_of payment_intent payment_method"
    " receipt_email receipt_number receipt_url review shipping source source_transfer statement_descriptor"
    " statement_descriptor_suffix transfer_data transfer_group"
)

CHARGE: Json = dict.fromkeys(_NULL_CHARGE) | {
    "object": "charge",
    "amount_captured": 0,
    "amount_refunded": 0,
    "billing_details": BILLING_DETAILS,
    "calculated_statement_descriptor": "SHOPMESH",
    "captured": False,
    "disputed": False,
    "fraud_details": {},
    "livemode": False,
    "metadata": {},
    "paid": False,
    "radar_options": {},
    "refunded": False,
}

REFUND: Json = {
    "object": "refund",
    "balance_transaction": None,
    "charge": None,
    "customer": None,
    "customer_account": None,
    "destination_details": {
        "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
        "type": "card",
    },
    "metadata": {},
    "payment_intent": None,
    "payment_method": None,
    "reason": None,
    "receipt_number": None,
    "source_transfer_reversal": None,
    "status": "succeeded",
    "transfer_reversal": None,
}

_EVIDENCE = words(
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal"
    " customer_communication customer_email_address customer_name customer_purchase_ip customer_signature"
    " duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt"
    " refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation"
    " shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number"
    " uncategorized_file uncategorized_text"
)

DISPUTE: Json = {
    "object": "dispute",
    "balance_transactions": [],
    "enhanced_eligibility_types": [],
    "evidence": dict.fromkeys(_EVIDENCE) | {"enhanced_evidence": {}},
    "is_charge_refundable": False,
    "livemode": False,
    "metadata": {},
    "payment_intent": None,
    "payment_method_details": {
        "card": {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4"},
        "type": "card",
    },
    "status": "needs_response",
}

ACCOUNT: Json = {
    "id": ACCOUNT_ID,
    "object": "account",
    "business_type": "company",
    "capabilities": {"card_payments": "active", "transfers": "active"},
    "charges_enabled": True,
    "controller": {"type": "account"},
    "country": "DE",
    "created": 1_700_000_000,
    "default_currency": "eur",
    "details_submitted": True,
    "email": "owner@shopmesh.example",
    "metadata": {},
    "payouts_enabled": True,
    "type": "standard",
}


def new(template: Json, **fields: object) -> Json:
    """A fresh object of the template's kind with these fields."""
    return copy.deepcopy(template) | fields
