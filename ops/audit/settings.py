"""The audit's settings: addresses with accounts that can only read, and the names that services know beside them."""

import os
import sys
from datetime import timedelta

from pydantic import AliasChoices, Field, SecretStr, ValidationError

from services.chassis.settings import PREFIX, ChassisSettings, KafkaSettings

DATABASES = ("catalog", "order", "payment", "auth", "notify")
OWN = f"{PREFIX}AUDIT_"


def _either(name: str, vendor: str) -> AliasChoices:
    """The audit's own name first, then the one that services have as well."""
    return AliasChoices(name, f"{OWN}{vendor}", f"{PREFIX}{vendor}", vendor)


def _address(service: str) -> SecretStr:
    return Field(description=f"PostgreSQL address of {service}'s database, as a role that can only read.")  # type: ignore[no-any-return]


class AuditSettings(KafkaSettings):
    """What the audit can be told; Kafka's settings and the prefix are those of the services."""

    model_config = ChassisSettings.model_config

    audit_catalog_url: SecretStr = _address("catalog")
    audit_order_url: SecretStr = _address("order")
    audit_payment_url: SecretStr = _address("payment")
    audit_auth_url: SecretStr = _address("auth")
    audit_notify_url: SecretStr = _address("notify")
    prefix: str = Field("", description="Prefix of the installation's topics.")
    mongodb_uri: SecretStr = Field(
        SecretStr("mongodb://127.0.0.1:8017/"),
        validation_alias=_either("mongodb_uri", "MONGODB_URI"),
        description="MongoDB that holds the lists of orders, as a user with the role `read`.",
    )
    mongodb_database: str = Field("shopmesh_order", description="Database in MongoDB.")
    valkey_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:8379/0"),
        validation_alias=_either("valkey_url", "VALKEY_URL"),
        description="Valkey or Redis with the carts, as a user who may run HGETALL on product:*.",
    )
    stripe_api_key: SecretStr = Field(
        validation_alias=_either("stripe_api_key", "STRIPE_API_KEY"),
        description="Stripe key; a restricted one (rk_...) that reads payment intents, charges and refunds is enough.",
    )
    stripe_api_base: str = Field(
        "", validation_alias=_either("stripe_api_base", "STRIPE_API_BASE"), description="Stripe's API elsewhere."
    )
    audit_age_seconds: float = Field(120, ge=0, description="A finding counts when it is older than this.")
    audit_pause_seconds: float = Field(10, ge=0, description="Pause before findings are looked at again.")
    delivery_days: int = Field(90, ge=1, description="Days for which notify keeps messages: its own setting.")

    def address(self, service: str) -> SecretStr:
        """The address of a service's database."""
        address: SecretStr = getattr(self, f"audit_{service}_url")
        return address

    def deliveries_kept(self) -> timedelta:
        return timedelta(days=self.delivery_days)


def names() -> set[str]:
    """The audit's own variables."""
    own = {PREFIX + field.upper() for field in AuditSettings.model_fields}
    aliases = (field.validation_alias for field in AuditSettings.model_fields.values())
    return own | {str(name) for each in aliases if isinstance(each, AliasChoices) for name in each.choices}


def load() -> AuditSettings:
    """The settings of this process; ends it with a clear message where one is unknown, missing or wrong.

    Settings of services are passed over: the audit may be started with theirs beside its own.
    """
    if unknown := sorted(name for name in os.environ if name.startswith(OWN) and name not in names()):
        sys.exit("unknown settings: " + ", ".join(unknown))
    try:
        return AuditSettings()
    except ValidationError as error:
        lines = [f"{PREFIX}{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors()]
        sys.exit("wrong settings:\n  " + "\n  ".join(lines))
