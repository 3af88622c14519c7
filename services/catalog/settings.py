"""Catalog's settings: ``SHOPMESH_<NAME>``."""

from pydantic import Field, SecretStr

from services.chassis.settings import ChassisSettings, KafkaSettings, PostgresSettings


class Settings(PostgresSettings, KafkaSettings, ChassisSettings):
    """What the catalog service can be told."""

    database_read_url: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL address of a read-only copy, which may lag, for reading products and categories;"
        " empty reads them from the database itself.",
    )
    product_cache_seconds: int = Field(
        5, ge=0, description="How long browsers and shared caches may keep a product that anybody may see."
    )
    reservation_sweep_seconds: float = Field(
        15.0, gt=0, description="Pause between two looks for reservations that lapsed."
    )
