"""Auth's settings: ``SHOPMESH_<NAME>``."""

from base64 import b64decode
from datetime import timedelta

from pydantic import Field, SecretStr, field_validator

from services.auth.adapters.passwords import Argon2Parameters
from services.auth.domain.throttle import Limit
from services.auth.use_cases.access_tokens import TokenRules
from services.chassis.settings import ChassisSettings, KafkaSettings, PostgresSettings

KEY_BYTES = 32


class Settings(PostgresSettings, KafkaSettings, ChassisSettings):
    """What the auth service can be told."""

    key_encryption_key: SecretStr = Field(
        description="Key that signing keys are encrypted with in the database: 32 random bytes in base64"
    )
    access_token_seconds: int = Field(900, description="Life of an access token", ge=60)
    refresh_token_days: int = Field(30, description="Life of a refresh token; each exchange makes a new one", ge=1)
    signing_key_delay_seconds: int = Field(
        900, description="How long a new signing key is published before it signs; above every verifier's cache", ge=0
    )
    argon2_memory_kib: int = Field(19456, description="Memory of one password hash (OWASP: 19 MiB)", ge=8)
    argon2_iterations: int = Field(2, description="Iterations of one password hash", ge=1)
    argon2_lanes: int = Field(1, description="Lanes of one password hash", ge=1)
    argon2_threads: int = Field(2, description="Password hashes made at the same time", ge=1)
    log_in_failures: int = Field(10, description="Failed log-ins of one address before it must wait", ge=1)
    log_in_window_seconds: int = Field(900, description="How long failed log-ins of one address count", ge=1)

    @field_validator("key_encryption_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        if len(b64decode(value.get_secret_value(), validate=True)) != KEY_BYTES:
            raise ValueError(f"must be {KEY_BYTES} bytes in base64")
        return value

    def encryption_key(self) -> bytes:
        """The key that signing keys are encrypted with."""
        return b64decode(self.key_encryption_key.get_secret_value())

    def token_rules(self) -> TokenRules:
        """What access tokens say and how long they and their keys live."""
        return TokenRules(
            self.token_issuer,
            self.token_audience,
            life=timedelta(seconds=self.access_token_seconds),
            key_delay=timedelta(seconds=self.signing_key_delay_seconds),
        )

    def refresh_token_life(self) -> timedelta:
        """How long a refresh token can be exchanged."""
        return timedelta(days=self.refresh_token_days)

    def log_in_limit(self) -> Limit:
        """The limit on failed log-ins of one address."""
        return Limit(self.log_in_failures, timedelta(seconds=self.log_in_window_seconds))

    def argon2_parameters(self) -> Argon2Parameters:
        """What a password hash costs."""
        return Argon2Parameters(self.argon2_memory_kib, self.argon2_iterations, self.argon2_lanes)
