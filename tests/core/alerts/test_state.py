import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.news import delivery

from monitor.core.alerts.state import state_of
from monitor.model import AlertState, DeliveryState

PENDING, HELD, SUMMARISED, LEASED, SENT, DEAD, DROPPED = DeliveryState


def deliveries(states):
    return [delivery(state=state) for state in states]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([PENDING], AlertState.WAITING),
        ([LEASED, SENT], AlertState.WAITING),
        ([SENT, SENT], AlertState.SENT),
        ([SENT, DEAD], AlertState.PARTLY_SENT),
        ([SENT, DROPPED], AlertState.PARTLY_SENT),
        ([DEAD, DROPPED], AlertState.DEAD),
        ([HELD, SENT], AlertState.HELD),
        ([HELD, PENDING], AlertState.WAITING),
        ([SUMMARISED, DROPPED], AlertState.PARTLY_SENT),
        ([SUMMARISED, SENT], AlertState.SENT),
        ([SUMMARISED], AlertState.SUMMARISED),
        ([], AlertState.DEAD),
    ],
)
def test_the_state_of_an_alert_is_that_of_its_deliveries(states, expected):
    assert state_of(deliveries(states)) is expected


@given(st.lists(st.sampled_from(DeliveryState)))
def test_an_alert_waits_exactly_while_something_may_still_be_sent(states):
    waits = state_of(deliveries(states)) is AlertState.WAITING
    assert waits == bool({PENDING, LEASED} & set(states))
