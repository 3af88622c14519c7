"""The trace goes on whether or not it is sampled."""

import pytest

from services.chassis import telemetry

SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = SAMPLED[:-2] + "00"


def test_an_unsampled_trace_is_carried_on_unchanged() -> None:
    with telemetry.span("work", parent=UNSAMPLED):
        assert telemetry.current_traceparent() == UNSAMPLED


def test_work_below_a_trace_stays_in_it() -> None:
    with telemetry.span("outer", parent=SAMPLED):
        assert telemetry.current_trace_id() == SAMPLED[3:35]
        with telemetry.span("inner"):
            assert telemetry.current_trace_id() == SAMPLED[3:35]


def test_work_outside_a_trace_begins_one_and_leaves_none_behind() -> None:
    with telemetry.span("work", parent=""):
        assert len(telemetry.current_trace_id()) == 32
    assert telemetry.current_traceparent() == ""


def test_a_malformed_header_begins_a_new_trace() -> None:
    with telemetry.span("work", parent="00-zz-1"):
        assert telemetry.is_traceparent(telemetry.current_traceparent())


@pytest.mark.parametrize(
    "header",
    [
        "00-" + 32 * "z" + "-" + 16 * "z" + "-zz",
        "00-" + 32 * "0" + "-" + 16 * "1" + "-01",
        "00-" + 32 * "1" + "-" + 16 * "0" + "-01",
        SAMPLED.upper(),
        SAMPLED + "-x",
    ],
)
def test_a_header_that_only_looks_like_a_trace_begins_a_new_one(header: str) -> None:
    with telemetry.span("work", parent=header):
        assert telemetry.is_traceparent(telemetry.current_traceparent())
        assert telemetry.current_traceparent() != header
