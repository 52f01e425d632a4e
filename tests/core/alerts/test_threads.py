from samples.news import HOUR, MINUTE, NOW

from monitor.core.alerts import threads
from monitor.core.alerts.threads import Thread
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


def test_merged_stories_are_told_when_the_later_was_and_looked_at_when_the_earlier_would_be():
    one = Thread(told_at=NOW, update_at=NOW + 2 * HOUR)
    other = Thread(told_at=NOW + HOUR, update_at=None)
    merged = threads.merged(one, other)
    assert merged == Thread(told_at=NOW + HOUR, update_at=NOW + 2 * HOUR)
    assert threads.merged(one, None) == one
