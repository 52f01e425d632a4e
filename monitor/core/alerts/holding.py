"""Whether an alert waits for a summary on a channel, and until when.

The reasons stand in one list, in the order in which they are asked: the first that holds decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from monitor.core.alerts.hours import clock, hour_of, next_time, quiet_until
from monitor.core.alerts.silences import said
from monitor.model import Config, Occasion, Rule, Silence

HOUR: Final = timedelta(hours=1)
PAUSE: Final = timedelta(hours=6)
"""Without a poll for longer, what was missed is old news that comes all at once: one summary."""
CATCHING_UP: Final = timedelta(hours=1)
"""What a pause left to fetch is fetched within minutes; what a feed brings later is told as it comes."""
PARTS: Final = 3
"""Of `max_per_hour` one feed may use one part, so that no two feeds together use it up."""
LEAST_OF_A_FEED: Final = 3
"""Messages that a feed may cause in an hour however small its part is, where `max_per_hour` allows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The last time that nobody polled for more than `PAUSE`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What has to be known of other alerts to decide on this one."""

    sent: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By rule and channel: messages of this hour, `hours.hour_of`."""
    of_feeds: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """By rule, channel and feed: how many of these a feed caused."""
    missed: Pause | None = None
    """The pause that the feed at hand catches up with; None: it does not."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What an alert waits for on one channel."""

    until: datetime
    occasion: Occasion
    why: str

    def said(self, zone: str, *, now: datetime) -> str:
        """The reason that `entries show` prints."""
        return f"held until {clock(self.until, zone, now=now)} ({self.why})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The facts that decide."""

    rule: Rule
    channel: str
    feed_id: str = ""
    """Whose entry causes the alert; empty: no feed alone."""
    now: datetime
    config: Config
    traffic: Traffic
    silence: Silence | None = None
    """One that holds now, and wishes for a summary."""


def hold(question: Holding) -> Hold | None:
    """What an alert of the rule has to wait for on the channel; None: nothing."""
    return next((found for reason in REASONS if (found := reason(question))), None)


def catching_up(missed: Pause | None, *, now: datetime) -> Hold | None:
    """Until all feeds were asked again, at most `CATCHING_UP`: `core.alerts.summaries` ends it sooner."""
    if missed is None or now >= missed.until + CATCHING_UP:
        return None
    return Hold(missed.until + CATCHING_UP, Occasion.PAUSE, "missed while nobody was polling")


def quiet(config: Config, *, now: datetime) -> Hold | None:
    """For quiet hours; None: they are not now."""
    until = quiet_until(now, config.alerting.quiet_hours)
    return Hold(until, Occasion.QUIET, "quiet hours") if until else None


def _silenced(question: Holding) -> Hold | None:
    silence = question.silence
    return Hold(silence.until_at, Occasion.SILENCE, said(silence)) if silence else None


def _missed(question: Holding) -> Hold | None:
    return catching_up(question.traffic.missed, now=question.now)


def _digest(question: Holding) -> Hold | None:
    timetable = question.rule.digest
    if timetable is None:
        return None
    at = next_time(question.now, timetable, question.config.alerting.zone)
    return Hold(at, Occasion.DIGEST, "for its digest")


def _quiet(question: Holding) -> Hold | None:
    """Urgent rules break through."""
    rule = question.rule
    breaks_through = rule.priority == "urgent" or not rule.quiet_hours
    return None if breaks_through else quiet(question.config, now=question.now)


def _limit(question: Holding) -> Hold | None:
    rule, channel, feed_id = question.rule, question.channel, question.feed_id
    most, its_part = question.config.alerting.max_per_hour, most_of_a_feed(question.config, rule)
    ends = hour_of(question.now) + HOUR
    if question.traffic.sent.get((rule.id, channel), 0) >= most:
        return Hold(ends, Occasion.LIMIT, f"more than {most} in an hour")
    if feed_id and question.traffic.of_feeds.get((rule.id, channel, feed_id), 0) >= its_part:
        return Hold(ends, Occasion.LIMIT, f"more than {its_part} of feed {feed_id} in an hour")
    return None


def most_of_a_feed(config: Config, rule: Rule | None = None) -> int:
    """How many of `max_per_hour` messages one feed may cause: all, where no other has to be left room."""
    most = config.alerting.max_per_hour
    reads_one = rule is not None and len(rule.feeds) == 1 and not rule.feeds[0].startswith("tag:")
    if reads_one or len(config.feeds) < 2:
        return most
    return min(most, max(most // PARTS, LEAST_OF_A_FEED))


def _rule(question: Holding) -> Hold | None:
    if question.rule.group != "rule":
        return None
    until = question.now + question.config.alerting.group_wait
    return Hold(until, Occasion.RULE, "gathered with what else its rule finds")


REASONS: tuple[Callable[[Holding], Hold | None], ...] = (_silenced, _missed, _digest, _quiet, _limit, _rule)
