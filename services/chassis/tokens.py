"""Verifies access tokens: the edge did it before, but a service trusts no network. Source: RFC 7519, RFC 8725."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from cachetools import TTLCache

from services.chassis.errors import ServiceError, Unauthenticated, Unavailable
from services.chassis.principal import Principal

FetchKeys = Callable[[], Awaitable[str]]
REFETCH_SECONDS = 5.0
CACHED_TOKENS = 10_000
CACHE_SECONDS = 60
CLOCK_SKEW_SECONDS = 10
"""How far auth's clock may be ahead of ours."""


class TokenVerifier:
    """Verifies tokens of ``issuer`` for ``audience`` with the keys that ``fetch`` returns as a JSON Web Key Set.

    Keys are fetched when a token names an unknown one, at most every few seconds, so a rotation needs no restart.
    """

    def __init__(self, issuer: str, audience: str, fetch: FetchKeys) -> None:
        self._issuer = issuer
        self._audience = audience
        self._fetch = fetch
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = -REFETCH_SECONDS
        self._verified: TTLCache[str, dict[str, Any]] = TTLCache(CACHED_TOKENS, CACHE_SECONDS)

    async def verify(self, token: str) -> Principal:
        """The caller of a token; Unauthenticated where it is not valid, Unavailable where no key could be fetched."""
        claims = self._verified.get(token)
        if claims is None:
            claims = self._decode(token, await self._key(token))
            self._verified[token] = claims
        if claims["exp"] <= time.time():
            raise Unauthenticated("TOKEN_EXPIRED", "the token has expired: refresh it")
        return Principal(
            user_id=str(claims["sub"]), roles=frozenset(claims.get("roles", ())), session_id=str(claims.get("sid", ""))
        )

    def _decode(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=["ES256", "EdDSA"],
                audience=self._audience,
                issuer=self._issuer,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "sub", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("TOKEN_EXPIRED", "the token has expired: refresh it") from error
        except jwt.InvalidTokenError as error:
            raise Unauthenticated("TOKEN_INVALID", "the token is not valid") from error

    async def _key(self, token: str) -> jwt.PyJWK:
        try:
            kid = str(jwt.get_unverified_header(token).get("kid"))
        except jwt.InvalidTokenError as error:
            raise Unauthenticated("TOKEN_INVALID", "the token is malformed") from error
        if kid not in self._keys and time.monotonic() - self._fetched >= REFETCH_SECONDS:
            await self._refresh()
        if kid not in self._keys:
            raise Unauthenticated("TOKEN_INVALID", "the token is signed with an unknown key")
        return self._keys[kid]

    async def _refresh(self) -> None:
        try:
            keys = jwt.PyJWKSet.from_json(await self._fetch())
        except ServiceError as error:
            raise Unavailable("the keys that tokens are verified with cannot be fetched") from error
        self._keys = {str(key.key_id): key for key in keys.keys}
        self._fetched = time.monotonic()
