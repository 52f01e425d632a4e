"""What a backtest says would have been told, by every setting that has a word in it."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from past import past
from samples.news import DAY, HOUR, MINUTE, NOW, config

from monitor.core.rules import compile_rules
from monitor.model import AlertKind, QuietHours, Rule, Silence, Timetable, Verdict
from monitor.store import alerts, entries, outbox, silences
from monitor.tuning.backtest import Backtest, backtest
from monitor.views import backtest as view

TRUCE = "Truce signed in Geneva after nine days of talks"
STRIKE = "Dockers walk out at the container port of Riga"
TELLS = {
    "summary": "Delegations put their names to a truce of ninety days that begins at midnight on the border.",
    "language": "en",
}
WALKS = {"summary": "Four hundred dockers left the quays at dawn over night shifts.", "language": "en"}


def entry(title, before, *, feed="wire", **more):
    seen = NOW - before
    return {
        "title": title,
        "feed_id": feed,
        "fetched_at": seen,
        "first_seen_at": seen,
        "published_at": seen,
        **more,
    }


HISTORY = [
    entry(TRUCE, 5 * HOUR, **TELLS),
    entry("Gardeners open their greenhouses", 4 * HOUR, language="en"),
    entry(TRUCE, 3 * HOUR, feed="copyist", **TELLS),
    entry(STRIKE, 2 * HOUR, feed="quay", **WALKS),
]  # fmt: skip


def run(store, history=HISTORY, *, query="truce OR dockers", since=None, now=NOW, setup=None, **keys):
    past(store, history)
    rules, problems = compile_rules([Rule(id="news", query=query, alert=("desk",), **keys)], {})
    assert not problems
    *_, found = backtest(store, setup or config(), rules, now=now, since=since)
    assert isinstance(found, Backtest)
    return found


def told(found):
    return [(NOW - one.at, one.message.kind, view.headline(one.message)) for one in found.told]


WAIT = timedelta(seconds=30)


def test_each_story_is_told_once_when_its_group_wait_is_over(store):
    found = run(store)
    assert told(found) == [
        (5 * HOUR - WAIT, AlertKind.NEW, TRUCE),
        (2 * HOUR - WAIT, AlertKind.NEW, STRIKE),
    ]
    assert found.verdicts == {Verdict.ALERTED: 2, Verdict.COPY: 1}
    assert found.stored == 4
    assert [one.entry_id for one in found.found] == [4, 3, 1]
    assert found.outlets == {"quay": 1, "copyist": 1, "wire": 1}
    assert found.told[0].to == (("desk", ""),)


SILENCE = Silence(
    id=1, rule_id="news", feed_id="quay", story_id=None, from_at=NOW - DAY, until_at=NOW - HOUR, comment="", who=""
)  # fmt: skip
QUIET = QuietHours(start=time(0), end=time(23, 59), zone="UTC")
SOON_AFTER = {**HISTORY[3], "first_seen_at": NOW - 5 * HOUR + MINUTE}
SETTINGS = {
    "since then": ({"since": NOW - 3 * HOUR}, [TRUCE, STRIKE]),
    "too old": ({"max_age": timedelta(seconds=1), "history": [{**HISTORY[0], "published_at": NOW - DAY}]}, []),
    "it was there": ({"history": [{**HISTORY[0], "baseline": True}]}, []),
    "a limit of one an hour": (
        {"setup": config(max_per_hour=1), "history": [HISTORY[0], SOON_AFTER], "now": NOW - 4 * HOUR - MINUTE},
        [TRUCE],
    ),
    "quiet hours": ({"setup": config(quiet_hours=QUIET), "now": NOW + DAY}, [f"2 stories: {TRUCE}; {STRIKE}"]),
    "quiet hours that are not over": ({"setup": config(quiet_hours=QUIET)}, []),
    "a digest": (
        {"digest": Timetable(times=(time(21),)), "now": NOW + DAY}, [f"2 stories: {TRUCE}; {STRIKE}"]
    ),
    "one feed": ({"feeds": ("quay",)}, [STRIKE]),
    "nothing found": ({"query": "volcano"}, []),
}  # fmt: skip


@pytest.mark.either("the store's own ways are tried elsewhere")
@pytest.mark.parametrize("kind", SETTINGS)
def test_settings_count_as_they_did(store, kind):
    keys, wanted = SETTINGS[kind]
    assert [headline for _, _, headline in told(run(store, **keys))] == wanted


def test_silences_of_rules_and_feeds_hold_as_they_held(store):
    with store.writing() as connection:
        silences.add(connection, SILENCE)
    found = run(store)
    assert [headline for _, _, headline in told(found)] == [TRUCE]
    assert found.verdicts == {Verdict.ALERTED: 1, Verdict.COPY: 1, Verdict.SILENCED: 1}


def test_the_database_stays_as_it_was(store):
    run(store)
    with store.reading() as connection:
        assert alerts.listed(connection) == []
        assert alerts.decisions(connection, entry_ids=range(10)) == []
        assert outbox.counts(connection) == {}
        assert {one.story_id for one in entries.by_ids(connection, range(10))} == {None}


def test_several_rules_are_replayed_together(store):
    past(store, HISTORY)
    rules, _ = compile_rules([Rule(id="truce", query="truce"), Rule(id="geneva", query="geneva")], {})
    *_, found = backtest(store, config(), rules, now=NOW)
    assert [[rule.id for rule in one.message.rules] for one in found.told] == [["geneva", "truce"]]
    assert [one.match.rule_id for one in found.found[-1].decisions] == ["geneva", "truce"]


def test_a_rule_that_follows_tells_what_no_rule_matches(store):
    later = entry("Geneva truce holds as border guards withdraw", HOUR, feed="herald", **{
        **TELLS, "summary": "Border guards of both delegations withdraw after the truce of ninety days; two wounded."
    })  # fmt: skip
    history = [HISTORY[0], {**later, "title": "Geneva: border guards withdraw, two wounded"}]
    quiet = run(store, history, query="signed")
    assert [one.entry_id for one in quiet.found] == [1]
    rules, _ = compile_rules([Rule(id="news", query="signed", follow=True)], {})
    *_, found = backtest(store, config(), rules, now=NOW)
    assert [one.message.reports[0].entry.id for one in found.told] == [1, 2]


def test_an_empty_history_tells_nothing(store):
    found = run(store, [])
    assert (found.stored, found.found, found.told, found.told_a_day) == (0, (), (), 0)
    assert list(view.days(found, "UTC")) == []
    assert view.plotted(found, "UTC") == []


def test_whoever_has_enough_stops(store):
    past(store, [replace_title(number) for number in range(50)])
    rules, _ = compile_rules([Rule(id="news", query="truce")], {})
    steps = backtest(store, config(), rules, now=NOW)
    next(steps)
    steps.close()
    with store.writing() as connection:
        assert entries.count(connection) == 50


def replace_title(number):
    return {**HISTORY[0], "title": f"Truce {number}"}


@pytest.mark.parametrize(
    ("counts", "width", "said"),
    [
        ({"bbc": 12, "lemonde": 8}, 40, "bbc 12, lemonde 8"),
        ({"bbc": 12, "lemonde": 8, "": 3}, 40, "bbc 12, lemonde 8, unknown 3"),
        ({"bbc": 12, "lemonde": 8, "tagesschau": 3}, 30, "bbc 12, lemonde 8 and 1 more"),
        ({}, 40, ""),
    ],
)
def test_shares_say_what_they_leave_out(counts, width, said):
    assert view.shares(counts, most=5, width=width) == said


def test_the_plot_has_so_many_lines_at_most_and_loses_nothing(store):
    history = [entry(f"Truce {number}", number * DAY) for number in range(100, 0, -1)]
    found = run(store, history, max_age=None)
    steps = view.plotted(found, "UTC")
    assert len(steps) <= view.MOST_DAYS
    assert sum(met for _, met, _ in steps) == 100
    assert sum(sent for _, _, sent in steps) == len(found.told)


def test_the_replay_of_a_config_without_the_feed_goes_by_its_id(store):
    found = run(store, [{**HISTORY[0], "feed_id": "gone"}], setup=replace(config(), feeds={}))
    assert [one.message.reports[0].outlet for one in found.told] == ["gone"]
