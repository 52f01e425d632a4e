"""Why an entry belongs to its story, and why two stories became one, in words that are stored with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from monitor.core.stories.grouping import ENOUGH, Joined, Opened, Tie
from monitor.core.stories.keys import ACROSS, Kind, kind_of, said_by
from monitor.core.stories.traces import Neighbours, Trace

NEARLY: Final = ENOUGH / 4
"""How strong a tie is that is worth naming though it was not enough: of most entries' it would name a common word."""
MOST_NAMED: Final = 6
"""Words that a reason names: the rarest, which count most."""

Wording = Callable[[], Mapping[int, str]]
"""What an entry's keys stand for (`traces.wording_of`): asked for only where words are named."""

_NAMES: Final = {Kind.PLACE: "places", Kind.NAME: "names", Kind.NUMBER: "numbers", Kind.WORD: "words"}


def why_joined(chosen: Joined | Opened, trace: Trace, wording: Wording, neighbours: Neighbours) -> str:
    """One line for a person."""
    match chosen:
        case Joined(copied=int(original)):
            return f"a copy of entry {original} stays in its story"
        case Joined(ties=(tie, *_)):
            return in_common(trace, tie, wording, neighbours)
        case Opened(ties=(tie, *_)) if tie.strength >= NEARLY:
            return f"a story of its own: too little {in_common(trace, tie, wording, neighbours)}"
    return "a story of its own: nothing like it is known"


def why_merged(ties: tuple[Tie, Tie], trace: Trace, wording: Wording, neighbours: Neighbours) -> str:
    """One line for a person: what the entry has in common with either story, but for its own where it is alone."""
    others = [tie for tie in ties if tie.others[0].entry_id != trace.entry_id]
    said = "; ".join(in_common(trace, tie, wording, neighbours) for tie in others)
    return f"entry {trace.entry_id} tells both: {said}"


def in_common(trace: Trace, tie: Tie, wording: Wording, neighbours: Neighbours) -> str:
    """With the story's entry that is most like it: names, places, numbers, words, rules, and the time between."""
    other = tie.others[0]
    shared = _shared(trace, other, neighbours)
    named = "; ".join(_named(shared, wording())) or "nothing that has a name"
    apart = f"{_span(trace.told_at - other.told_at)}, {other.feed_id}"
    rules = "".join(f"; rule {rule_id}" for rule_id in sorted(trace.rules & other.rules))
    return f"in common with entry {other.entry_id} ({apart}): {named}{rules}"


def _shared(trace: Trace, other: Trace, neighbours: Neighbours) -> list[int]:
    """What counted, the rarest first."""
    shared = said_by(trace.keys)[0] & said_by(other.keys)[0]
    if trace.language is None or trace.language != other.language:
        shared = frozenset(one for one in shared if kind_of(one) in ACROSS)
    return sorted(
        (one for one in shared if neighbours.rarity(one) > 0), key=lambda one: (-neighbours.rarity(one), one)
    )


def _named(shared: list[int], wording: Mapping[int, str]) -> Iterator[str]:
    """A word stands under the first of the kinds that it is of: a name is a word too."""
    kinds: dict[str, Kind] = {}
    for kind in _NAMES:
        for one in shared:
            if kind_of(one) == kind and one in wording:
                kinds.setdefault(wording[one], kind)
    rank = {wording[one]: place for place, one in reversed(list(enumerate(shared))) if one in wording}
    kept = sorted(kinds, key=rank.__getitem__)[:MOST_NAMED]
    for kind, name in _NAMES.items():
        if words := [word for word in kept if kinds[word] is kind]:
            yield f"{name} {', '.join(words)}"


def _span(length: timedelta) -> str:
    minutes = round(abs(length).total_seconds() / 60)
    when = "earlier" if length > timedelta(0) else "later"
    if not minutes:
        return "at the same time"
    return f"{minutes} min {when}" if minutes < 90 else f"{round(minutes / 60)} h {when}"
