"""How far the provider's list was read, without any I/O."""

from datetime import datetime, timedelta

from services.payment.domain.sweeping import EVENTS_KEPT, OVERLAP, Sweep
from tests.payment.building import NOW


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_a_sweep_asks_for_what_happened_since_the_last_one_and_a_little_before() -> None:
    assert Sweep(NOW).since == NOW - OVERLAP


def test_a_sweep_that_was_cut_off_goes_on_where_it_stood() -> None:
    cut_off = Sweep(NOW).begun(later(5)).read("evt_100")
    assert cut_off.begun(later(60)) == cut_off
    assert cut_off.since == NOW - OVERLAP


def test_the_next_sweep_begins_where_this_one_began_not_where_it_ended() -> None:
    done = Sweep(NOW).begun(later(5)).read("evt_100").begun(later(60)).done()
    assert done == Sweep(later(5))


def test_a_sweep_that_is_given_up_has_read_nothing() -> None:
    assert Sweep(NOW).begun(later(5)).read("evt_100").anew() == Sweep(NOW)


def test_only_an_absence_longer_than_the_provider_keeps_events_misses_something() -> None:
    assert not Sweep(NOW).misses_something(NOW + EVENTS_KEPT)
    assert Sweep(NOW).misses_something(NOW + EVENTS_KEPT + timedelta(minutes=1))
