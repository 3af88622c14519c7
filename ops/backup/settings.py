"""Settings of backup and restore: where the stores are, and where backups lie."""

from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from ops import settings
from services.chassis.settings import PREFIX, ChassisSettings

DATABASES = ("payment", "order", "catalog", "auth", "notify")
"""In the order of their snapshots, some milliseconds apart: whoever is asked for something comes after who asks.

Order's database never knows of a payment less than payment's (Stripe's list tells the rest), catalog has what an order
holds, and notify has decided on no mail that the others do not know of.
"""
OWN = f"{PREFIX}BACKUP_"
LONGEST_DAYS = 30


def _address(service: str) -> SecretStr:
    return Field(description=f"PostgreSQL address of {service}'s database, as the role that owns its tables.")  # type: ignore[no-any-return]


class BackupSettings(BaseSettings):
    """What backup and restore can be told; names of services are read beside their own."""

    model_config = ChassisSettings.model_config

    backup_catalog_url: SecretStr = _address("catalog")
    backup_order_url: SecretStr = _address("order")
    backup_payment_url: SecretStr = _address("payment")
    backup_auth_url: SecretStr = _address("auth")
    backup_notify_url: SecretStr = _address("notify")
    backup_admin_url: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL address of a role that may create and rename those databases; for a restore alone.",
    )
    valkey_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:8379/0"),
        validation_alias=settings.either(OWN, "valkey_url", "VALKEY_URL"),
        description="Valkey or Redis with the carts.",
    )
    prefix: str = Field("", description="Prefix of the installation's topics.")
    backup_folder: Path = Field(Path("backups"), description="Folder that backups lie in, each in one of its own.")
    backup_days: int = Field(
        LONGEST_DAYS, ge=1, le=LONGEST_DAYS, description="Days after which a backup is removed: it holds personal data."
    )
    backup_programs: str = Field("", description="Folder of pg_dump and pg_restore; empty means those on PATH.")
    backup_edge_url: str = Field("", description="Address at which the world reaches the shop; for a restore alone.")

    def address(self, service: str) -> str:
        """The address of a service's database."""
        address: SecretStr = getattr(self, f"backup_{service}_url")
        return address.get_secret_value()


def database_name(address: str) -> str:
    """The name of the database that an address leads to."""
    return str(conninfo_to_dict(address)["dbname"])


def load() -> BackupSettings:
    """The settings of this process."""
    return settings.load(BackupSettings, OWN)
