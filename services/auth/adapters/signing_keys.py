"""Signing keys in PostgreSQL, their private parts encrypted. Sources: RFC 7517, RFC 7518 (ES256), NIST SP 800-38D."""

import json
import os
import secrets
from collections.abc import Sequence
from datetime import datetime

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from jwt.algorithms import ECAlgorithm

from services.auth.domain.signing_keys import SigningKey
from services.chassis.database import Database, Row, Transaction, query

NONCE_BYTES = 12

_KEYS = query("select id, public_jwk, activate_time, retire_time from signing_keys order by activate_time, id")
_PRIVATE = query("select private_key from signing_keys where id = %(id)s")
_LOCK = query("lock table signing_keys in share row exclusive mode")
_ANY = query("select id from signing_keys where retire_time is null limit 1")
_INSERT = query(
    """insert into signing_keys (id, public_jwk, private_key, activate_time)
       values (%(id)s, %(public_jwk)s, %(private_key)s, %(activate_time)s)"""
)
_RETIRE_OTHERS = query(
    "update signing_keys set retire_time = %(retire_time)s where id <> %(id)s and retire_time is null"
)
_PURGE = query("delete from signing_keys where retire_time < %(now)s")


class PostgresKeyStore:
    """The port ``KeyStore``; ``encryption_key`` is 32 bytes."""

    def __init__(self, database: Database, encryption_key: bytes) -> None:
        self._database = database
        self._cipher = AESGCM(encryption_key)
        self._private: dict[str, EllipticCurvePrivateKey] = {}

    async def keys(self) -> Sequence[SigningKey]:
        """All keys, the oldest first."""
        async with self._database.reader() as tx:
            return [_signing_key(row) for row in await tx.all(_KEYS)]

    async def create_first(self, activate_time: datetime) -> None:
        """Make a key that signs from ``activate_time``, unless there is one; of many at the same time one does."""
        async with self._database.transaction() as tx:
            await tx.execute(_LOCK)
            if await tx.one(_ANY) is None:
                await self._insert(tx, activate_time)

    async def rotate(self, activate_time: datetime, retire_others: datetime) -> SigningKey:
        """Add a key that signs from ``activate_time``; the others are published until ``retire_others``."""
        async with self._database.transaction() as tx:
            await tx.execute(_LOCK)
            key = await self._insert(tx, activate_time)
            await tx.execute(_RETIRE_OTHERS, id=key.id, retire_time=retire_others)
        return key

    async def purge(self, now: datetime) -> int:
        """Delete retired keys; how many."""
        async with self._database.transaction() as tx:
            return await tx.execute(_PURGE, now=now)

    async def sign(self, key: SigningKey, claims: dict[str, object]) -> str:
        """A compact JWS (ES256) of the claims with the key's id in its header."""
        if key.id not in self._private:
            self._private[key.id] = await self._load(key.id)
        return jwt.encode(claims, self._private[key.id], algorithm="ES256", headers={"kid": key.id})

    async def _insert(self, tx: Transaction, activate_time: datetime) -> SigningKey:
        private = generate_private_key(SECP256R1())
        kid = secrets.token_urlsafe(12)
        key = SigningKey(kid, _public_jwk(kid, private), activate_time, None)
        sealed = self._seal(kid, private)
        values = {"public_jwk": key.public_jwk, "private_key": sealed, "activate_time": activate_time}
        await tx.execute(_INSERT, id=kid, **values)
        return key

    async def _load(self, id: str) -> EllipticCurvePrivateKey:
        async with self._database.reader() as tx:
            row = await tx.one(_PRIVATE, id=id)
        if row is None:
            raise LookupError(f"signing key {id} was deleted")
        return self._unseal(id, row["private_key"])

    def _seal(self, id: str, private: EllipticCurvePrivateKey) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return nonce + self._cipher.encrypt(nonce, plain, id.encode())

    def _unseal(self, id: str, sealed: bytes) -> EllipticCurvePrivateKey:
        plain = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], id.encode())
        private = load_der_private_key(plain, None)
        assert isinstance(private, EllipticCurvePrivateKey)
        return private


def _public_jwk(id: str, private: EllipticCurvePrivateKey) -> dict[str, str]:
    public: dict[str, str] = json.loads(ECAlgorithm.to_jwk(private.public_key()))
    return {**public, "kid": id, "alg": "ES256", "use": "sig"}


def _signing_key(row: Row) -> SigningKey:
    return SigningKey(row["id"], row["public_jwk"], row["activate_time"], row["retire_time"])
