"""A life of an installation has a number that none had before, and topics that nobody has read."""

from pathlib import Path

import pytest

from ops.errors import Refused
from ops.restore.incarnations import FILE, Begun, begun, following, prefix_of, write_down


@pytest.mark.parametrize(
    ("before", "after"),
    [("", "r3."), ("shop.", "shop.r3."), ("r2.", "r3."), ("shop.r2.", "shop.r3."), ("her2.", "her2.r3.")],
)
def test_topics_get_a_prefix_that_says_the_life(before: str, after: str) -> None:
    assert prefix_of(before, 3) == after


def test_the_number_is_behind_every_one_that_is_known() -> None:
    assert following([1, 4, 2]) == 5


def test_what_was_begun_is_written_down_whether_or_not_it_came_to_its_end(tmp_path: Path) -> None:
    assert begun(tmp_path) == []
    lives = [Begun(number, f"r{number}.", "20261121T120000000Z", "2026-11-21T13:00:00+00:00") for number in (2, 3)]
    for life in lives:
        write_down(tmp_path, life)
    assert begun(tmp_path) == lives


def test_a_list_of_restores_that_cannot_be_read_stops_the_next_one(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"incarnation": 2}\n')
    with pytest.raises(Refused, match="cannot be read"):
        begun(tmp_path)
