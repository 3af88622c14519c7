"""When a finding counts."""

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from ops.audit.auditing import MOST, Patience, audit
from ops.audit.check import Check, Finding, Tally
from ops.audit.report import as_table, exit_code
from ops.audit.stores import Stores

NOBODY = cast(Stores, None)
QUICK = Patience(age=timedelta(minutes=2), pause=timedelta(0), looks=2)
OLD = datetime.now(UTC) - timedelta(minutes=3)


def seeing(*looks: Iterable[Finding | Exception]) -> Check:
    """A check whose successive looks see these."""
    rest = list(looks)

    async def look(_stores: Stores, tally: Tally) -> AsyncIterator[Finding]:
        for each in rest.pop(0):
            if isinstance(each, Exception):
                raise each
            tally.saw(1)
            yield each

    return Check("books", "the books agree", look)


async def found(check: Check, say: Callable[[str], None] = lambda _text: None) -> list[str]:
    (result,) = await audit(NOBODY, [check], QUICK, say)
    return list(result.findings)


async def test_what_two_looks_see_counts() -> None:
    assert await found(seeing([Finding("a", "wrong", OLD)], [Finding("a", "wrong", OLD)])) == ["a"]


async def test_what_the_second_look_no_longer_sees_does_not_count() -> None:
    assert await found(seeing([Finding("a", "", OLD), Finding("b", "", OLD)], [Finding("b", "", OLD)])) == ["b"]


async def test_what_only_the_second_look_sees_does_not_count_yet() -> None:
    assert await found(seeing([Finding("a", "", OLD)], [Finding("a", "", OLD), Finding("b", "", OLD)])) == ["a"]


async def test_what_is_young_does_not_count_and_what_has_no_time_does() -> None:
    seen = [Finding("young", "", datetime.now(UTC)), Finding("timeless", "")]
    assert await found(seeing(seen, seen)) == ["timeless"]


async def test_a_clean_shop_is_looked_at_once() -> None:
    assert await found(seeing([])) == []


async def test_a_check_stops_where_the_number_no_longer_matters() -> None:
    many = [Finding(str(number), "", OLD) for number in range(MOST + 500)]
    (result,) = await audit(NOBODY, [seeing(many, many)], QUICK, lambda _text: None)
    assert len(result.findings) == MOST
    assert result.more
    assert "1000+" in as_table([result])


@pytest.mark.parametrize(
    ("seen", "code"),
    [([], 0), ([Finding("a", "wrong", OLD)], 1), ([OSError("refused")], 2)],
    ids=["clean", "finding", "not readable"],
)
async def test_the_exit_code_tells_a_clean_shop_from_a_finding_and_from_a_look_that_failed(
    seen: list[Finding | Exception], code: int
) -> None:
    results = await audit(NOBODY, [seeing([]), seeing(seen, seen), seeing([])], QUICK, lambda _text: None)
    assert exit_code(results) == code


async def test_a_store_that_cannot_be_read_is_no_clean_shop() -> None:
    (result,) = await audit(NOBODY, [seeing([OSError("refused")])], QUICK, lambda _text: None)
    assert exit_code([result]) == 2
    assert "could not look: OSError: refused" in as_table([result])


async def test_a_second_look_that_fails_clears_nothing() -> None:
    seen: list[Any] = [[Finding("a", "", OLD)], [OSError("refused")]]
    (result,) = await audit(NOBODY, [seeing(*seen)], QUICK, lambda _text: None)
    assert list(result.findings) == ["a"]
    assert result.error
