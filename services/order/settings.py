"""Order's settings: ``SHOPMESH_<NAME>``."""

from datetime import timedelta

from pydantic import AliasChoices, Field, SecretStr, field_validator

from services.chassis.settings import ChassisSettings, KafkaSettings, PostgresSettings
from services.order.domain.tokens import TokenKeys, parse_keys


class Settings(PostgresSettings, KafkaSettings, ChassisSettings):
    """What the order service can be told."""

    order_token_keys: SecretStr = Field(
        description="Keys that order tokens are made with, kid:base64 and comma-separated; the first makes new ones, "
        "an older one stays listed for a day after its last order"
    )
    order_deadline_seconds: int = Field(1800, ge=1, description="How long an order can be paid")
    reservation_slack_seconds: int = Field(
        900, ge=60, description="How much later than the order's deadline its stock lapses by itself"
    )
    abandon_after_seconds: int = Field(
        600, ge=30, description="How long a request to place an order may stay unfinished before its stock is released"
    )
    max_unpaid_units_per_buyer: int = Field(
        200,
        ge=0,
        description="Most units that one customer, or one guest's e-mail address, may have ordered and not yet paid; "
        "0 is no limit",
    )
    redirect_origins: str = Field(
        "http://127.0.0.1:*,http://localhost:*",
        description="Origins that a payment page may send the browser to, comma-separated; :* means any port",
    )
    mongodb_uri: SecretStr = Field(
        SecretStr("mongodb://127.0.0.1:8017/"),
        validation_alias=AliasChoices("mongodb_uri", "SHOPMESH_MONGODB_URI", "MONGODB_URI"),
        description="MongoDB that holds the copies for lists; they can be rebuilt at any time",
    )
    mongodb_database: str = Field("shopmesh_order", min_length=1, description="Database in MongoDB")
    watch_poll_seconds: float = Field(0.5, gt=0, description="How often a watched order is looked at")
    watch_ping_seconds: float = Field(15, gt=0, description="Longest silence of a stream of server-sent events")
    stuck_after_seconds: int = Field(
        300, ge=1, description="Age at which an order that is paid but not confirmed, or overdue, raises an alarm"
    )

    @field_validator("order_token_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr) -> SecretStr:
        parse_keys(value.get_secret_value())
        return value

    def token_keys(self) -> TokenKeys:
        return parse_keys(self.order_token_keys.get_secret_value())

    def redirect_allow_list(self) -> tuple[str, ...]:
        return tuple(origin.strip() for origin in self.redirect_origins.split(",") if origin.strip())

    def order_deadline(self) -> timedelta:
        return timedelta(seconds=self.order_deadline_seconds)

    def reservation_life(self) -> timedelta:
        """How long stock is held: longer than the order can be paid."""
        return timedelta(seconds=self.order_deadline_seconds + self.reservation_slack_seconds)

    def abandon_after(self) -> timedelta:
        return timedelta(seconds=self.abandon_after_seconds)

    def stuck_after(self) -> timedelta:
        return timedelta(seconds=self.stuck_after_seconds)
