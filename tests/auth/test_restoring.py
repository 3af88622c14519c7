"""What going back in time means to log-ins."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from services.auth import main
from services.auth.adapters.restoring import restored
from services.auth.main import Core, core
from services.auth.settings import Settings
from services.chassis.clock import utc_now
from services.chassis.errors import Unauthenticated
from tests.auth.conftest import PASSWORD, somebody

pytestmark = pytest.mark.stack


@pytest.fixture
def database_url(new_database: Callable[..., str]) -> str:
    """Of this test alone: everybody in it is logged out."""
    return new_database(Path(main.__file__).parent / "migrations")


async def go_back(auth: Core) -> dict[str, int]:
    async with auth.database.transaction() as tx:
        return await restored(tx, utc_now() - timedelta(days=29))


async def test_a_refresh_token_of_before_is_good_for_nothing_and_everybody_logs_in_again(auth: Core) -> None:
    new = somebody()
    await auth.accounts.register(new)
    before = await auth.log_ins.log_in(new.email, PASSWORD)
    assert await go_back(auth) == {"sessions_ended": 1, "signing_keys_forgotten": 1}
    with pytest.raises(Unauthenticated):
        await auth.log_ins.refresh(before.refresh_token)
    assert await auth.log_ins.log_in(new.email, PASSWORD)


async def test_a_signing_key_of_before_verifies_nothing_any_more(auth: Core, settings: Settings) -> None:
    before = await auth.tokens.jwks()
    await go_back(auth)
    restarted = core(settings)
    async with restarted.database:
        after = await restarted.tokens.jwks()
    assert before != after
    assert after.count('"kid"') == 1
