"""Log-ins and refresh tokens over a real database."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from services.auth.domain.users import Role
from services.auth.main import Core, core
from services.auth.use_cases.log_ins import TokenPair
from services.chassis.errors import ResourceExhausted, Unauthenticated
from tests.auth.conftest import PASSWORD, TestClock, auth_settings, somebody

pytestmark = pytest.mark.stack


async def session(auth: Core) -> TokenPair:
    new = somebody()
    await auth.accounts.register(new)
    return await auth.log_ins.log_in(new.email, PASSWORD)


async def refusal(auth: Core, refresh_token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await auth.log_ins.refresh(refresh_token)
    return refused.value.reason


async def test_an_unknown_address_and_a_wrong_password_are_refused_alike(auth: Core) -> None:
    new = somebody()
    await auth.accounts.register(new)
    refusals = []
    for email, password in [(new.email, "wrong"), (somebody().email, PASSWORD)]:
        with pytest.raises(Unauthenticated) as refused:
            await auth.log_ins.log_in(email, password)
        refusals.append((refused.value.reason, refused.value.message))
    assert refusals[0] == refusals[1]
    assert refusals[0][0] == "INVALID_CREDENTIALS"


async def test_an_address_that_failed_too_often_waits_even_with_the_right_password(
    auth: Core, clock: TestClock
) -> None:
    new = somebody()
    await auth.accounts.register(new)
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await auth.log_ins.log_in(new.email, "wrong")
    with pytest.raises(ResourceExhausted) as refused:
        await auth.log_ins.log_in(new.email.upper(), PASSWORD)
    assert refused.value.retry_after == pytest.approx(900, abs=5)
    clock.move(minutes=15)
    await auth.log_ins.log_in(new.email, PASSWORD)


async def test_guesses_side_by_side_count_each(auth: Core) -> None:
    new = somebody()
    await auth.accounts.register(new)
    guesses = [auth.log_ins.log_in(new.email, "wrong") for _ in range(3)]
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert all(isinstance(result, Unauthenticated) for result in results)
    with pytest.raises(ResourceExhausted):
        await auth.log_ins.log_in(new.email, PASSWORD)


async def test_a_success_forgets_the_failures_before(auth: Core) -> None:
    new = somebody()
    await auth.accounts.register(new)
    for _ in range(2):
        for _ in range(2):
            with pytest.raises(Unauthenticated):
                await auth.log_ins.log_in(new.email, "wrong")
        await auth.log_ins.log_in(new.email, PASSWORD)


async def test_a_log_in_hashes_the_password_anew_when_the_parameters_have_changed(
    auth: Core, database_url: str
) -> None:
    new = somebody()
    await auth.accounts.register(new)
    costlier = core(auth_settings(database_url, argon2_iterations=2))
    async with costlier.database:
        await costlier.log_ins.log_in(new.email, PASSWORD)
        credential = await costlier.log_ins._users.by_email(new.email)
    assert credential is not None
    assert ",t=2," in credential.password_hash
    await auth.log_ins.log_in(new.email, PASSWORD)


@pytest.mark.parametrize("moment", ["matches", "hash"])
async def test_a_password_that_changes_during_a_log_in_stays_changed_and_the_old_one_opens_nothing(
    auth: Core, database_url: str, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    new = somebody()
    await auth.accounts.register(new)
    slow = core(auth_settings(database_url, argon2_iterations=2))
    passwords = slow.log_ins._passwords
    work = getattr(passwords, moment)

    async def overtaken(*given: str) -> Any:
        done = await work(*given)
        await auth.accounts.ensure(replace(new, password="another password"), Role.CUSTOMER)
        return done

    monkeypatch.setattr(passwords, moment, overtaken)
    async with slow.database:
        with pytest.raises(Unauthenticated, match="INVALID_CREDENTIALS"):
            await slow.log_ins.log_in(new.email, PASSWORD)
    await auth.log_ins.log_in(new.email, "another password")


async def test_refreshing_goes_on_and_on_in_one_session(auth: Core) -> None:
    pair = await session(auth)
    for _ in range(3):
        following = await auth.log_ins.refresh(pair.refresh_token)
        assert following.refresh_token != pair.refresh_token
        assert following.user == pair.user
        pair = following


async def test_a_used_token_works_for_30_seconds_and_then_ends_the_session(auth: Core, clock: TestClock) -> None:
    clock.stop()
    pair = await session(auth)
    first = await auth.log_ins.refresh(pair.refresh_token)
    clock.move(seconds=30)
    second = await auth.log_ins.refresh(pair.refresh_token)
    clock.move(seconds=1)
    assert await refusal(auth, pair.refresh_token) == "REFRESH_TOKEN_REUSED"
    for token in (first.refresh_token, second.refresh_token, pair.refresh_token):
        assert await refusal(auth, token) == "REFRESH_TOKEN_INVALID"


async def test_two_tabs_that_refresh_at_once_both_stay_logged_in(auth: Core, clock: TestClock) -> None:
    pair = await session(auth)
    barrier = asyncio.Barrier(6)

    async def refresh() -> TokenPair:
        await barrier.wait()
        return await auth.log_ins.refresh(pair.refresh_token)

    tabs = await asyncio.gather(*(refresh() for _ in range(6)))
    assert len({tab.refresh_token for tab in tabs}) == 6
    clock.move(minutes=1)
    for tab in tabs:
        await auth.log_ins.refresh(tab.refresh_token)


async def test_of_a_thief_and_its_victim_at_once_both_lose_the_session(auth: Core, clock: TestClock) -> None:
    pair = await session(auth)
    await auth.log_ins.refresh(pair.refresh_token)
    clock.move(minutes=1)
    reuses = [auth.log_ins.refresh(pair.refresh_token) for _ in range(4)]
    results = await asyncio.gather(*reuses, return_exceptions=True)
    reasons = sorted(result.reason for result in results if isinstance(result, Unauthenticated))
    assert reasons == ["REFRESH_TOKEN_INVALID"] * 3 + ["REFRESH_TOKEN_REUSED"]


async def test_logging_out_ends_the_session_and_may_be_repeated(auth: Core) -> None:
    pair = await session(auth)
    await auth.log_ins.log_out(pair.refresh_token)
    await auth.log_ins.log_out(pair.refresh_token)
    await auth.log_ins.log_out("unknown")
    assert await refusal(auth, pair.refresh_token) == "REFRESH_TOKEN_INVALID"


async def test_purging_keeps_live_sessions_and_forgets_ended_ones(auth: Core, clock: TestClock) -> None:
    ended, live = await session(auth), await session(auth)
    await auth.log_ins.log_out(ended.refresh_token)
    clock.move(days=8)
    await auth.log_ins.purge()
    await auth.log_ins.refresh(live.refresh_token)
    clock.move(days=40)
    await auth.log_ins.purge()
    assert await refusal(auth, live.refresh_token) == "REFRESH_TOKEN_INVALID"
