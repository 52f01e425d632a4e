"""The open reports in memory: what is added is found, what is removed or forgotten is not, merges move threads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.stories.open_reports import CANDIDATES, OpenReports
from monitor.core.stories.placing import place
from monitor.core.stories.report import report_of
from monitor.core.text.words import folded_words
from monitor.model import FeedEntry

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEXT = "Explosion at Harrow Dock grain silo", "A crane driver died when a grain silo at Harrow Dock exploded."


def report(number, title, summary="", *, story=None, after=0, feed="a"):
    made = report_of(
        FeedEntry(title=title, summary=summary),
        entry_id=number,
        feed_id=feed,
        reported_at=NOW + timedelta(hours=after),
        language="en",
        rules=frozenset({"rule"}),
    )
    return replace(made, story_id=story)


def rare(word):
    return 1.0


def test_what_shares_most_is_nearest_and_nothing_is_near_itself():
    reports = OpenReports(
        [
            report(1, *TEXT, story=1),
            report(2, "Crane falls at Harrow Dock", story=2),
            report(3, "Snow", story=3),
        ]
    )
    near = reports.near(report(1, *TEXT))
    assert [one.entry_id for one in near] == [2]
    assert [one.entry_id for one in reports.near(report(4, *TEXT))] == [1, 2]


def test_near_is_bounded():
    reports = OpenReports(report(number, *TEXT, story=number) for number in range(1, 200))
    assert len(reports.near(report(0, *TEXT))) == CANDIDATES


def test_what_is_removed_is_found_nowhere():
    reports = OpenReports([report(1, *TEXT, story=1)])
    reports.remove(1)
    reports.remove(1)
    assert not reports.near(report(2, *TEXT))
    assert not reports.thread(1)
    assert 1 not in reports
    assert not reports.resembles({"explosion", "harrow", "dock", "grain", "silo"}, rare)


def test_an_entry_has_one_report_the_last_one():
    reports = OpenReports([report(1, *TEXT, story=1), report(1, "Snow over Tarva", story=1)])
    assert not reports.near(report(2, *TEXT))
    assert len(reports.thread(1)) == 1


def test_merged_stories_are_one_thread():
    reports = OpenReports([report(1, *TEXT, story=1), report(2, *TEXT, story=2, after=1)])
    reports.merge(2, 1)
    assert [one.entry_id for one in reports.thread(1)] == [1, 2]
    assert {one.story_id for one in reports.thread(1)} == {1}
    assert not reports.thread(2)


def test_a_story_is_forgotten_when_its_newest_report_is_old():
    reports = OpenReports(
        [report(1, *TEXT, story=1), report(2, *TEXT, story=1, after=50), report(3, *TEXT, story=3)]
    )
    reports.forget(NOW + timedelta(hours=20))
    assert [one.entry_id for one in reports.thread(1)] == [1, 2]
    assert not reports.thread(3)


@pytest.mark.parametrize(
    ("words", "resembles"),
    [
        ({"explosion", "at", "harrow", "dock", "silo", "today"}, True),
        ({"harrow", "dock"}, False),
        ({"the", "a", "of", "in", "at", "and"}, False),
        (set(), False),
    ],
)
def test_an_entry_resembles_a_report_that_it_shares_telling_words_with(words, resembles):
    assert OpenReports([report(1, *TEXT, story=1)]).resembles(words, rare) == resembles


def test_a_copy_is_of_the_original_never_of_a_copy():
    first = report(1, *TEXT, story=1)
    second = replace(report(2, *TEXT, story=1, feed="b"), copy_of=1)
    placed = place(report(3, *TEXT, feed="c", after=1), OpenReports([first, second]), rare)
    assert (placed.story_id, placed.copy_of) == (1, 1)


def test_what_nothing_is_like_opens_a_story():
    placed = place(report(2, "Snow over Tarva"), OpenReports([report(1, *TEXT, story=1)]), rare)
    assert placed.story_id is None
    assert placed.copy_of is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Flood warning: River Isk at Dunmere", "Flood warning: River Orr at Kelby"),
        ("Magnitude 5.2 quake off Tarva", "Magnitude 4.1 quake off Merrin"),
        ("Recall of Nutley biscuits", "Recall of Farrow yoghurt"),
    ],
)
def test_one_form_filled_in_twice_is_no_copy(one, other):
    form = "{}. Residents are asked to stay away, to follow the advice of the service and to read the notice online."
    reports = OpenReports([report(1, one, form.format(one), story=1)])
    assert place(report(2, other, form.format(other), feed="b", after=1), reports, rare).copy_of is None


def test_a_pitch_under_two_headlines_is_no_copy():
    pitch = "Read on with our digital pass: test every article, the paper and the app for a month, free of charge."
    reports = OpenReports([report(1, "Nurses vote for strike", pitch, story=1)])
    assert place(report(2, "Bridge near Tannrode closed", pitch, feed="b"), reports, rare).copy_of is None


def test_words_that_the_news_of_the_day_is_full_of_are_no_resemblance():
    known = OpenReports([report(1, *TEXT, story=1)])
    words = {word for text in TEXT for word in folded_words(text)}
    assert known.resembles(words, rare)
    assert not known.resembles(words, lambda _word: 0.35)
