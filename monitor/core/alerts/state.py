"""How far an alert has come, by its deliveries."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.model import AlertState, Delivery, DeliveryState

TOLD = {DeliveryState.SENT, DeliveryState.SUMMARISED}
ENDED = {*TOLD, DeliveryState.DEAD, DeliveryState.DROPPED}


def state_of(deliveries: Iterable[Delivery]) -> AlertState:
    """WAITING while anything is still to be sent; without any delivery there is nothing to wait for: DEAD."""
    states = {delivery.state for delivery in deliveries}
    if open_ := states - ENDED:
        return AlertState.HELD if open_ == {DeliveryState.HELD} else AlertState.WAITING
    if not states & TOLD:
        return AlertState.DEAD
    if states == {DeliveryState.SUMMARISED}:
        return AlertState.SUMMARISED
    return AlertState.SENT if states <= TOLD else AlertState.PARTLY_SENT
