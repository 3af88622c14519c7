"""The audit's settings: addresses with accounts that can only read, and the names that services know beside them."""

from datetime import timedelta

from pydantic import AliasChoices, Field, SecretStr

from ops import settings
from services.chassis.settings import PREFIX, ChassisSettings, KafkaSettings

DATABASES = ("catalog", "order", "payment", "auth", "notify")
OWN = f"{PREFIX}AUDIT_"


def _either(name: str, vendor: str) -> AliasChoices:
    return settings.either(OWN, name, vendor)


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


def load() -> AuditSettings:
    """The settings of this process."""
    return settings.load(AuditSettings, OWN)
