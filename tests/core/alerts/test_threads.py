from dataclasses import replace

from samples.news import HOUR, MINUTE, NOW, entry

from monitor.core.alerts import threads
from monitor.core.alerts.news import Correction
from monitor.core.alerts.threads import MOST_CORRECTIONS, Thread
from monitor.model import Alerting

SETTINGS = Alerting()
TOLD = Thread(told_at=NOW)


def gathered(thread=TOLD, *, priority="normal", now=NOW):
    return threads.gathered(thread, priority=priority, now=now, settings=SETTINGS)


def test_what_comes_is_looked_at_an_hour_after_the_last_message():
    assert gathered(now=NOW + MINUTE).update_at == NOW + HOUR
    assert gathered(gathered(now=NOW + MINUTE), now=NOW + 2 * MINUTE).update_at == NOW + HOUR
    assert gathered(now=NOW + 3 * HOUR).update_at == NOW + 3 * HOUR


def test_an_urgent_rule_waits_only_for_what_comes_together():
    urgent = gathered(priority="urgent", now=NOW + MINUTE)
    assert urgent.update_at == NOW + MINUTE + SETTINGS.group_wait
    assert gathered(urgent, now=NOW + MINUTE).update_at == urgent.update_at


def test_a_message_puts_an_update_off():
    waiting = gathered(now=NOW + MINUTE)
    assert threads.told(waiting, at=NOW + MINUTE, settings=SETTINGS).update_at == NOW + MINUTE + HOUR
    assert threads.told(TOLD, at=NOW + MINUTE, settings=SETTINGS) == Thread(told_at=NOW + MINUTE)
    assert threads.told(None, at=NOW, settings=SETTINGS) == TOLD


def test_a_headline_that_is_changed_back_was_never_changed():
    ten, nine = entry(title="Ten rescued"), entry(title="Nine rescued")
    once = threads.corrected(TOLD, ten, nine)
    assert once.corrections == (Correction(1, "Ten rescued", "Nine rescued"),)
    assert threads.corrected(once, nine, ten) == TOLD
    twice = threads.corrected(once, nine, replace(nine, title="Eight rescued"))
    assert twice.corrections == (Correction(1, "Ten rescued", "Eight rescued"),)


def test_a_feed_that_plays_with_its_headlines_fills_nothing():
    thread = TOLD
    for number in range(50):
        thread = threads.corrected(
            thread, entry(id=number, title="a" * 9999), entry(id=number, title="b" * 9999)
        )
    assert len(thread.corrections) == MOST_CORRECTIONS
    assert max(len(one.after) for one in thread.corrections) < 200


def test_merged_stories_are_told_when_the_later_was_and_looked_at_when_the_earlier_would_be():
    one = Thread(told_at=NOW, update_at=NOW + 2 * HOUR, corrections=(Correction(1, "a", "b"),))
    other = Thread(told_at=NOW + HOUR, update_at=None, corrections=(Correction(2, "c", "d"),))
    merged = threads.merged(one, other)
    assert (merged.told_at, merged.update_at, len(merged.corrections)) == (NOW + HOUR, NOW + 2 * HOUR, 2)
    assert threads.merged(one, None) == one
