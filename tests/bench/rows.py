"""What the weights are chosen on: each entry of the scenarios, beside the events as the labels have them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from grouped import Labelled, orders
from scenarios import Archive, Arrival, Scenario, arrivals

from monitor.core.stories.placing import Stories
from monitor.core.stories.report import Report
from monitor.core.stories.sameness import Comparison
from monitor.core.stories.weighing import Weights


@dataclass(frozen=True, kw_only=True)
class Row:
    scenario: Scenario
    arrival: Arrival
    signals: Mapping[str, float]
    wanted: bool


@dataclass(frozen=True, kw_only=True)
class Rows:
    told: Sequence[Row]
    """Beside what was told of its event: is it news? An entry that begins another event, beside the nearest one."""
    placing: Sequence[Row]
    """Beside each event that is known: is it of that one?"""


def rows_of(scenarios: Iterable[Scenario], *, texts: Sequence[str] = ()) -> Rows:
    """All that is judged and not hard; `texts`: what the archive holds beside the scenario."""
    told: list[Row] = []
    placing: list[Row] = []
    for scenario in scenarios:
        events: defaultdict[int, dict[int, Report]] = defaultdict(dict)
        said: defaultdict[int, list[Report]] = defaultdict(list)
        archive = Archive(texts)
        for arrival in arrivals(scenario, archive=archive):
            if not arrival.report.rules:
                continue
            event = scenario.event(arrival.number)
            report = replace(arrival.report, story_id=event)
            weight = Weights(report, archive.rarity)
            if _is_judged(scenario, arrival):
                known = {
                    other: thread
                    for other, reports in events.items()
                    if (thread := [one for one in reports.values() if one.entry_id != report.entry_id])
                }
                if known and arrival.entry_id == arrival.number:
                    for other, signals in Stories(report, known, weight).signals().items():
                        placing.append(
                            Row(scenario=scenario, arrival=arrival, signals=signals, wanted=other == event)
                        )
                if (thread := _beside(arrival, event, said, weight)) is not None:
                    signals = Comparison(report, thread, weight).signals()
                    wanted = arrival.raw["want"] != "quiet"
                    told.append(Row(scenario=scenario, arrival=arrival, signals=signals, wanted=wanted))
            events[event][report.entry_id] = report
            if arrival.raw["want"] != "quiet" or arrival.baseline or arrival.too_old:
                said[event].append(report)
    return Rows(told=told, placing=placing)


def _is_judged(scenario: Scenario, arrival: Arrival) -> bool:
    unasked = arrival.baseline or arrival.too_old or arrival.raw["want"] == "any"
    return not unasked and not scenario.hard


def _beside(
    arrival: Arrival, event: int, said: Mapping[int, Sequence[Report]], weight: Weights
) -> Sequence[Report] | None:
    if said.get(event):
        return said[event] if arrival.raw["want"] in {"update", "quiet"} else None
    others = [thread for thread in said.values() if thread]
    if arrival.raw["want"] == "quiet" or not others:
        return None
    ours = arrival.report.tokens
    return max(others, key=lambda thread: max(weight.likeness(ours, one.tokens) for one in thread))


ORDERS = 3


def labelled_rows(entries: Sequence[Labelled]) -> Iterator[tuple[Mapping[str, float], bool]]:
    """Of labelled stories, in some orders of arrival: beside each story that is known, is it of that one?"""
    for order in islice(orders(entries), ORDERS):
        archive = Archive()
        stories: defaultdict[str, list[Report]] = defaultdict(list)
        for one in order:
            archive.add(one.text)
            weight = Weights(one.report, archive.rarity)
            for story, signals in Stories(one.report, stories, weight).signals().items():
                yield signals, story == one.story
            stories[one.story].append(one.report)
