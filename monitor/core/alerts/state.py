"""How far an alert has come, by its deliveries."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.model import AlertState, Delivery, DeliveryState

ENDED = {DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.DROPPED}


def state_of(deliveries: Iterable[Delivery]) -> AlertState:
    """WAITING while anything is still to be sent; without any delivery there is nothing to wait for: DEAD."""
    states = {delivery.state for delivery in deliveries}
    if states - ENDED:
        return AlertState.WAITING
    if DeliveryState.SENT not in states:
        return AlertState.DEAD
    return AlertState.SENT if states == {DeliveryState.SENT} else AlertState.PARTLY_SENT
