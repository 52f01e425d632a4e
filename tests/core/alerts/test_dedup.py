from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.news import DAY, HOUR, MINUTE, NOW

from monitor.core.alerts.dedup import Question, ToldAlert, decide
from monitor.core.stories.report import Report
from monitor.core.stories.sameness import Sameness as Judged
from monitor.model import Verdict

THERE = "it was in the feed before the first poll"
TOLD = ToldAlert(alert_id=7)
BEFORE = Report(entry_id=3, feed_id="wire", reported_at=NOW, language="en")
SAME = Judged(told=True, nearest=BEFORE, score=-2.0)
MORE = Judged(told=False, nearest=BEFORE, score=1.5, new=("twelve", "dead"))
WAITING = ToldAlert(alert_id=7, waits_until=NOW + MINUTE)
HELD = ToldAlert(alert_id=7, waits_until=NOW + MINUTE, held_until=NOW + MINUTE)
SAID = "told already: beside entry 3 no word of it is new (score -2.0)"
ADDED = "beside entry 3 new are twelve, dead (score +1.5)"
UNKNOWN = "of what was told nothing is at hand"
NO_UPDATES = "joined story 88: its rule tells no updates"
FIRST = Question(
    now=NOW,
    first_seen_at=NOW,
    published_at=NOW - HOUR,
    max_age=7 * DAY,
    was_there="",
    copy_of=None,
    story_id=88,
    told=None,
)
AN_INSTANT = timedelta(microseconds=1)

moments = st.datetimes(
    min_value=NOW.replace(tzinfo=None) - 400 * DAY, max_value=NOW.replace(tzinfo=None) + DAY
).map(lambda moment: moment.replace(tzinfo=NOW.tzinfo))
questions = st.builds(
    Question,
    now=st.just(NOW),
    first_seen_at=moments,
    published_at=st.none() | moments,
    max_age=st.timedeltas(min_value=timedelta(seconds=1), max_value=365 * DAY),
    was_there=st.sampled_from(["", THERE]),
    copy_of=st.none() | st.integers(1, 9),
    story_id=st.integers(1, 9),
    told=st.sampled_from([None, TOLD, WAITING]),
    updates=st.sampled_from(["all", "new", "none"]),
    news=st.sampled_from([None, SAME, MORE]),
)


@pytest.mark.parametrize(
    ("question", "verdict", "reason"),
    [
        (FIRST, Verdict.ALERTED, "first match of this rule in story 88"),
        (replace(FIRST, copy_of=3), Verdict.ALERTED, "first match of this rule in story 88"),
        (replace(FIRST, told=TOLD, news=SAME), Verdict.JOINED_STORY, f"joined story 88: {SAID}"),
        (replace(FIRST, told=TOLD, news=MORE), Verdict.ALERTED, f"an update of story 88: {ADDED}"),
        (replace(FIRST, told=TOLD), Verdict.ALERTED, f"an update of story 88: {UNKNOWN}"),
        (replace(FIRST, told=TOLD, news=MORE, updates="none"), Verdict.JOINED_STORY, NO_UPDATES),
        (replace(FIRST, told=TOLD, news=SAME, updates="none"), Verdict.JOINED_STORY, NO_UPDATES),
        (replace(FIRST, told=TOLD, news=SAME, updates="all"), Verdict.ALERTED, f"an update of story 88: {SAID}"),
        (replace(FIRST, told=WAITING, news=MORE), Verdict.JOINED_ALERT, "joined alert 7, which was waiting"),
        (replace(FIRST, told=HELD, news=SAME), Verdict.JOINED_ALERT, "joined alert 7, which is held"),
        (replace(FIRST, told=TOLD, copy_of=3, news=SAME), Verdict.COPY, f"copy of 3; {SAID}"),
        (replace(FIRST, told=WAITING, copy_of=3, news=SAME), Verdict.COPY, f"copy of 3; {SAID}"),
        (replace(FIRST, told=TOLD, copy_of=3, news=SAME, updates="all"), Verdict.COPY, f"copy of 3; {SAID}"),
        (replace(FIRST, told=TOLD, copy_of=3, news=MORE), Verdict.ALERTED, f"an update of story 88: {ADDED}"),
        (replace(FIRST, was_there=THERE), Verdict.BASELINE, THERE),
        (replace(FIRST, was_there=THERE, told=TOLD), Verdict.BASELINE, THERE),
        (replace(FIRST, published_at=NOW - 9 * DAY), Verdict.TOO_OLD, "9 days old, the limit is 7 days"),
        (
            replace(FIRST, published_at=NOW - 2 * DAY, max_age=6 * HOUR),
            Verdict.TOO_OLD,
            "2 days old, the limit is 6 h",
        ),
    ],
)  # fmt: skip
def test_the_answer_and_its_reason(question, verdict, reason):
    answer = decide(question)
    assert (answer.verdict, answer.reason) == (verdict, reason)


def test_an_entry_is_told_until_it_is_older_than_the_limit():
    at_the_limit = replace(FIRST, published_at=NOW - FIRST.max_age)
    beyond = replace(FIRST, published_at=NOW - FIRST.max_age - AN_INSTANT)
    assert decide(at_the_limit).verdict is Verdict.ALERTED
    assert decide(beyond).verdict is Verdict.TOO_OLD


def test_an_undated_entry_ages_from_its_first_sight():
    undated = replace(FIRST, published_at=None)
    assert decide(undated).verdict is Verdict.ALERTED
    assert decide(replace(undated, first_seen_at=NOW - 8 * DAY)).verdict is Verdict.TOO_OLD


@given(questions)
def test_what_was_told_or_was_there_before_is_never_alerted(question):
    """Unless the user asks for every report."""
    answer = decide(question)
    assert answer.reason
    said = question.told is not None and question.news is SAME and question.updates != "all"
    silent = said or question.was_there or (question.told is not None and question.updates == "none")
    assert not (silent and answer.verdict is Verdict.ALERTED)


@given(questions)
def test_what_is_kept_back_is_proven_or_a_setting_keeps_it_back(question):
    answer = decide(question)
    if answer.verdict in {Verdict.COPY, Verdict.JOINED_STORY}:
        assert question.news is SAME or (
            question.updates == "none" and answer.verdict is Verdict.JOINED_STORY
        )


@given(questions)
def test_a_match_that_nothing_stands_against_is_alerted(question):
    open_question = replace(question, told=None, was_there="", published_at=NOW)
    assert decide(open_question).verdict is Verdict.ALERTED
