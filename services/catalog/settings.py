"""Catalog's settings: ``SHOPMESH_<NAME>``."""

from pydantic import Field

from services.chassis.settings import ChassisSettings, KafkaSettings, PostgresSettings


class Settings(PostgresSettings, KafkaSettings, ChassisSettings):
    """What the catalog service can be told."""

    product_cache_seconds: int = Field(
        5, ge=0, description="How long browsers and shared caches may keep a product that anybody may see."
    )
    reservation_sweep_seconds: float = Field(
        15.0, gt=0, description="Pause between two looks for reservations that lapsed."
    )
