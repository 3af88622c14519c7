"""Cart's settings: ``SHOPMESH_<NAME>``."""

from base64 import b64decode
from datetime import timedelta

from pydantic import AliasChoices, Field, SecretStr, field_validator

from services.cart.adapters.carts import REMEMBERED
from services.cart.domain.carts import Lives
from services.chassis.settings import ChassisSettings, KafkaSettings

KEY_BYTES = 32


class Settings(KafkaSettings, ChassisSettings):
    """What the cart service can be told."""

    valkey_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:8379/0"),
        validation_alias=AliasChoices("valkey_url", "SHOPMESH_VALKEY_URL", "VALKEY_URL"),
        description="Valkey or Redis address, redis://[user:password@]host:port/db, or rediss:// with TLS.",
    )
    valkey_pool_size: int = Field(32, description="Most connections of one process to Valkey.", ge=2)
    cart_id_key: SecretStr = Field(
        description="Key that ids of guests' carts are derived with: 32 random bytes in base64; the same in every replica."
    )
    guest_cart_days: int = Field(30, description="Days for which a guest's cart is remembered after a change.", ge=1)
    own_cart_days: int = Field(365, description="Days for which a customer's cart is remembered after a change.", ge=1)

    @field_validator("cart_id_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        if len(b64decode(value.get_secret_value(), validate=True)) != KEY_BYTES:
            raise ValueError(f"must be {KEY_BYTES} bytes in base64")
        return value

    def id_key(self) -> bytes:
        """The key that ids of guests' carts are derived with."""
        return b64decode(self.cart_id_key.get_secret_value())

    def lives(self) -> Lives:
        """How long carts are remembered. A merged one points on while events of its orders can still come."""
        return Lives(timedelta(days=self.guest_cart_days), timedelta(days=self.own_cart_days), pointer=REMEMBERED)
