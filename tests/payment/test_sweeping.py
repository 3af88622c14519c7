"""How far the provider's list was read, without any I/O."""

from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from services.payment.api.tasks import SETTLE_UNFINISHED, SWEEP_EVENTS
from services.payment.domain.sweeping import EVENTS_KEPT, OVERLAP, Sweep
from services.payment.main import assemble
from services.payment.settings import Settings
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


def test_what_no_notice_told_is_found_within_five_minutes() -> None:
    worker = assemble(Settings(reconcile_seconds=77)).worker
    assert worker
    assert {kind: worker._periodic[kind] for kind in (SETTLE_UNFINISHED, SWEEP_EVENTS)} == {
        SETTLE_UNFINISHED: timedelta(seconds=77),
        SWEEP_EVENTS: timedelta(seconds=77),
    }
    with pytest.raises(ValidationError):
        Settings(reconcile_seconds=271)  # a sweep itself takes a while
