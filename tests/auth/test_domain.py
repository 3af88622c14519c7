"""What auth decides, without I/O."""

from datetime import UTC, datetime, timedelta

import pytest

from services.auth.domain.sessions import RefreshToken, Verdict, judge, new_token, token_hash
from services.auth.domain.signing_keys import SigningKey, published, signing
from services.auth.domain.throttle import Failures, Limit, wait_of, with_another
from services.auth.domain.users import normal_email, normal_password

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LIMIT = Limit(failures=3, window=timedelta(minutes=15))


def token(first_use_time: datetime | None = None, ended: bool = False, left: int = 60) -> RefreshToken:
    return RefreshToken("ses_1", "usr_1", NOW + timedelta(seconds=left), first_use_time, ended)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (token(), Verdict.EXCHANGE),
        (token(first_use_time=ago(0)), Verdict.EXCHANGE),
        (token(first_use_time=ago(30)), Verdict.EXCHANGE),
        (token(first_use_time=ago(30.001)), Verdict.REUSED),
        (token(first_use_time=ago(31), ended=True), Verdict.INVALID),
        (token(ended=True), Verdict.INVALID),
        (token(left=0), Verdict.INVALID),
        (None, Verdict.INVALID),
    ],
)
def test_a_refresh_token_is_exchanged_for_30_seconds_after_its_first_use(
    shown: RefreshToken | None, verdict: Verdict
) -> None:
    assert judge(shown, NOW) is verdict


def test_tokens_carry_256_random_bits_and_only_a_hash_is_kept() -> None:
    first, second = new_token(), new_token()
    assert first != second
    assert len(first) == 43
    assert first.encode() not in token_hash(first)


def test_an_address_waits_once_it_has_failed_too_often_and_until_its_window_ends() -> None:
    failures = None
    for _ in range(LIMIT.failures):
        assert wait_of(failures, LIMIT, NOW) == timedelta()
        failures = with_another(failures, LIMIT, NOW)
    assert wait_of(failures, LIMIT, NOW + timedelta(minutes=5)) == timedelta(minutes=10)
    assert wait_of(failures, LIMIT, NOW + LIMIT.window) == timedelta()


def test_a_failure_after_the_window_begins_a_new_one() -> None:
    later = NOW + LIMIT.window
    assert with_another(Failures(99, NOW), LIMIT, later) == Failures(1, later)


def key(id: str, activate: int, retire: int | None = None) -> SigningKey:
    retire_time = None if retire is None else NOW + timedelta(minutes=retire)
    return SigningKey(id, {}, NOW + timedelta(minutes=activate), retire_time)


def test_a_new_key_is_published_before_it_signs_and_the_old_one_while_its_tokens_live() -> None:
    keys = [key("old", -99, retire=31), key("new", 15)]
    for minutes, signer, known in [(0, "old", ["old", "new"]), (16, "new", ["old", "new"]), (32, "new", ["new"])]:
        now = NOW + timedelta(minutes=minutes)
        chosen = signing(keys, now)
        assert chosen == keys[[key.id for key in keys].index(signer)]
        assert [key.id for key in published(keys, now)] == known


def test_the_first_key_signs_at_once_also_by_a_clock_behind() -> None:
    first = key("first", 5)
    assert signing([], NOW) is None
    assert signing([first, key("second", 20)], NOW) == first


def test_addresses_and_passwords_have_one_form() -> None:
    assert normal_email(" Ada@Example.ORG ") == "ada@example.org"
    assert normal_password("cafe\u0301") == normal_password("caf\u00e9")
