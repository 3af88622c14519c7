"""Notify's settings: ``SHOPMESH_<NAME>``."""

from datetime import timedelta

from pydantic import AliasChoices, Field, SecretStr

from services.chassis.effects import KEPT
from services.chassis.settings import ChassisSettings, KafkaSettings, PostgresSettings


class Settings(PostgresSettings, KafkaSettings, ChassisSettings):
    """What the notify service can be told."""

    smtp_url: SecretStr = Field(
        SecretStr("smtp://127.0.0.1:8026"),
        validation_alias=AliasChoices("smtp_url", "SHOPMESH_SMTP_URL", "SMTP_URL"),
        description="Mail server, smtp://[user:password@]host:port (TLS where it is offered, required with a password) "
        "or smtps:// (TLS from the start).",
    )
    smtp_timeout_seconds: float = Field(5.0, description="Longest wait for an answer of the mail server.", gt=0, le=15)
    mail_from: str = Field("shop@shopmesh.example", description="Address that messages come from.")
    mail_domain: str = Field("shopmesh.example", description="Domain of the Message-IDs; never change it.")
    shop_name: str = Field("Shopmesh", description="Name of the shop in messages.")
    shop_locale: str = Field("en", description="Language of messages to those who named none, a BCP 47 tag.")
    shop_time_zone: str = Field("UTC", description="Time zone of times in messages, such as Europe/Vienna.")
    delivery_days: int = Field(
        90,
        ge=KEPT.days,
        description="Days for which messages that were sent, or refused for good, are kept with their addresses.",
    )

    def deliveries_kept(self) -> timedelta:
        """How long finished deliveries are kept: at least as long as events are known, so that none is told again."""
        return timedelta(days=self.delivery_days)
