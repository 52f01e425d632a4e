"""What was told, by the database, and what came again, by whoever received it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from house import House
from proof.receivers import Receiver
from proof.wire import words

from monitor.model import AlertKind


def told_words(house: House) -> dict[int, set[str]]:
    """By the alert: the words of the stories in its message; what joined it while it waited among them."""
    entries = {entry.id: words(entry.title)[0] for entry in house.entries()}
    told = {alert.id: {entries[alert.entry_id]} for alert in house.alerts()}
    for decision in house.decisions():
        if decision.alert_id is not None:
            told[decision.alert_id].add(entries[decision.entry_id])
    return told


def untold(house: House, published: Sequence[str], told: Mapping[int, set[str]]) -> list[str]:
    """The stories that are in no alert, with what became of them."""
    every = set().union(*told.values())
    entries = {entry.id: words(entry.title)[0] for entry in house.entries()}
    decided = {entries[one.entry_id]: f"{one.verdict}: {one.reason}" for one in house.decisions()}
    return [f"{word}: {decided.get(word, 'never stored')}" for word in published if word not in every]


def told_twice(house: House) -> list[str]:
    """The stories that two alerts tell as new."""
    entries = {entry.id: words(entry.title)[0] for entry in house.entries()}
    new = [entries[alert.entry_id] for alert in house.alerts() if alert.kind == AlertKind.NEW]
    return sorted({word for word in new if new.count(word) > 1})


def names_of(receiver: Receiver, house: House) -> dict[str, int]:
    """What the receiver may have got: each message's name, and its alert."""
    own = {
        delivery.id: delivery.alert_id
        for delivery in house.deliveries()
        if (delivery.channel, delivery.recipient) == (receiver.type, receiver.recipient)
    }
    return own if receiver.shows_ids else {f"alert {alert_id}": alert_id for alert_id in own.values()}


@dataclass(frozen=True)
class Crash:
    """When a process died or was stopped, by how many messages a receiver had got."""

    before: int
    """When it happened."""
    after: int
    """When what it had sent before had arrived."""


def unexplained(arrived: Sequence[str], crashes: Sequence[Crash]) -> list[str]:
    """The repeats for which no crash is left: each explains one, of what was sent before it and came again after."""
    repeats = _repeats(arrived)
    for crash in sorted(crashes, key=lambda one: one.before):
        own = [one for one in repeats if one[0] < crash.after and one[1] >= crash.before]
        if own:
            repeats.remove(min(own, key=lambda one: one[1]))
    return [arrived[again] for _, again in repeats]


def _repeats(arrived: Sequence[str]) -> list[tuple[int, int]]:
    """Where a message stands, and where it stands the next time."""
    last: dict[str, int] = {}
    repeats = []
    for place, name in enumerate(arrived):
        if name in last:
            repeats.append((last[name], place))
        last[name] = place
    return repeats
