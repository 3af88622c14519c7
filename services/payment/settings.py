"""Payment's settings: ``SHOPMESH_<NAME>``, and Stripe's names as its documentation has them."""

from datetime import timedelta

from pydantic import AliasChoices, Field, SecretStr

from services.chassis.settings import ChassisSettings, KafkaSettings, PostgresSettings
from services.payment.domain.invoices import Party


class Settings(PostgresSettings, KafkaSettings, ChassisSettings):
    """What the payment service can be told."""

    stripe_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("stripe_api_key", "STRIPE_API_KEY"),
        description="Stripe's secret key (sk_...).",
    )
    stripe_webhook_secrets: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("stripe_webhook_secrets", "STRIPE_WEBHOOK_SECRETS"),
        description="Signing secrets of the webhook (whsec_...), comma-separated: two while one is replaced.",
    )
    stripe_publishable_key: str = Field(
        "",
        validation_alias=AliasChoices("stripe_publishable_key", "STRIPE_PUBLISHABLE_KEY"),
        description="Stripe's publishable key (pk_...), which browsers get.",
    )
    stripe_api_base: str = Field(
        "",
        validation_alias=AliasChoices("stripe_api_base", "STRIPE_API_BASE"),
        description="Address of Stripe's API where it is not Stripe's own, such as the stand-in's.",
    )
    stripe_timeout_seconds: float = Field(5.0, gt=0, description="Longest wait for one answer of Stripe's.")
    reconcile_seconds: float = Field(
        240.0,
        gt=0,
        le=270,
        description="Pause between two comparisons with Stripe: what no notice told is found by then.",
    )
    reconcile_window_seconds: float = Field(
        3600.0,
        gt=0,
        description="How far back the first comparison with Stripe looks; each later one goes on where the last ended.",
    )

    seller_name: str = Field("Shopmesh", min_length=1, description="Who sells, as invoices say.")
    seller_address: str = Field(
        "", description="The seller's postal address on invoices, its lines separated by semicolons."
    )
    seller_tax_id: str = Field("", description="The seller's tax number on invoices, such as ATU12345678.")
    shop_locale: str = Field(
        "en", description="How amounts and dates are written for those who named no language, a BCP 47 tag."
    )
    shop_time_zone: str = Field("UTC", description="Time zone of dates and years on invoices, such as Europe/Vienna.")
    invoice_fonts: str = Field(
        "", description="Folder of OpenType fonts for invoices, for scripts that the built-in ones lack."
    )

    def webhook_secrets(self) -> tuple[str, ...]:
        """Each signing secret."""
        return tuple(each.strip() for each in self.stripe_webhook_secrets.get_secret_value().split(",") if each.strip())

    def seller(self) -> Party:
        """Who sells."""
        address = tuple(line.strip() for line in self.seller_address.split(";") if line.strip())
        return Party(self.seller_name, address, self.seller_tax_id)

    def reconcile_window(self) -> timedelta:
        return timedelta(seconds=self.reconcile_window_seconds)
