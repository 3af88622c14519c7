"""Access tokens, signing keys and their rotation over a real database."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
from cryptography.exceptions import InvalidTag

from services.auth import main
from services.auth.domain.users import Role, User
from services.auth.main import Core, core
from services.auth.settings import Settings
from services.chassis import ids
from services.chassis.database import query
from services.chassis.tokens import TokenVerifier
from tests.auth.conftest import TestClock, auth_settings

pytestmark = pytest.mark.stack
USER = User(ids.new("usr"), "ada@example.org", "Ada", "", (Role.STAFF,), datetime.now(UTC))


@pytest.fixture
def settings(new_database: Callable[..., str]) -> Settings:
    """A database of the test's own: signing keys are everybody's."""
    return auth_settings(new_database(Path(main.__file__).parent / "migrations"))


@pytest.fixture
async def replica(settings: Settings, clock: TestClock) -> AsyncIterator[Core]:
    """A second process."""
    made = core(settings, clock)
    async with made.database:
        yield made


def kids(jwks: str) -> list[str]:
    return [key["kid"] for key in json.loads(jwks)["keys"]]


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


async def test_a_token_says_who_the_user_is_and_verifies_with_the_published_keys(auth: Core) -> None:
    issued = await auth.tokens.issue(USER, "ses_1")
    principal = await TokenVerifier("shopmesh", "shopmesh", auth.tokens.jwks).verify(issued.token)
    assert (principal.user_id, principal.roles, principal.session_id) == (USER.id, frozenset({"STAFF"}), "ses_1")
    claims = jwt.decode(issued.token, options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "sid", "roles", "scopes", "iat", "exp"}
    assert claims["exp"] - claims["iat"] == 900
    assert claims["exp"] == issued.expire_time.timestamp()


async def test_processes_that_start_together_make_one_key(auth: Core, replica: Core) -> None:
    published = await asyncio.gather(*(process.tokens.jwks() for process in (auth, replica) for _ in range(4)))
    assert len(set(published)) == 1
    assert len(kids(published[0])) == 1


async def test_the_published_keys_hold_nothing_private(auth: Core) -> None:
    [key] = json.loads(await auth.tokens.jwks())["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


async def test_a_rotated_key_signs_late_and_the_old_one_stays_until_its_tokens_have_ended(
    auth: Core, replica: Core, clock: TestClock
) -> None:
    old = kid((await replica.tokens.issue(USER, "ses_1")).token)
    new = (await auth.tokens.rotate()).id
    clock.move(minutes=14)
    assert set(kids(await replica.tokens.jwks())) == {old, new}
    assert kid((await replica.tokens.issue(USER, "ses_1")).token) == old
    clock.move(minutes=2)
    assert kid((await replica.tokens.issue(USER, "ses_1")).token) == new
    assert set(kids(await replica.tokens.jwks())) == {old, new}
    clock.move(minutes=16)
    await auth.tokens.purge()
    assert kids(await replica.tokens.jwks()) == [new]


async def test_private_keys_are_useless_without_the_key_encryption_key(auth: Core, settings: Settings) -> None:
    await auth.tokens.jwks()
    async with auth.database.reader() as tx:
        stored = await tx.one(query("select private_key from signing_keys"))
    assert stored is not None
    assert b"\x2a\x86\x48\xce\x3d" not in stored["private_key"], "the object identifier of a plain EC key"
    stranger = core(
        auth_settings(settings.database_url.get_secret_value(), key_encryption_key=b64encode(b"x" * 32).decode())
    )
    async with stranger.database:
        with pytest.raises(InvalidTag):
            await stranger.tokens.issue(USER, "ses_1")
