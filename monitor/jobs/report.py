"""What a poll brought, counted and logged: quiet where nothing happened."""

from __future__ import annotations

from loguru import logger

from monitor import metrics
from monitor.core.plan import PollPlan
from monitor.core.poll_facts import Polled
from monitor.model import Failed, Modified, NotModified, Pushed

SAID_SINGLY = 5
"""Lines of one kind between two settlements that are written by themselves; of the others only the number."""
MATCHES_SAID = 20
"""Matches of one poll that are written by themselves."""


class Unreached:
    """Feeds that could not be had: the first few by name, a multitude as one line, since it has one cause."""

    def __init__(self) -> None:
        self._count = 0

    def more(self) -> bool:
        """Whether this one is written by itself."""
        self._count += 1
        return self._count <= SAID_SINGLY

    def settle(self) -> None:
        """Says how many were not; to be called every minute, and at the end."""
        more, self._count = self._count - SAID_SINGLY, 0
        if more > 0:
            logger.warning(
                "{} more feeds could not be reached: is this machine online? `monitor feeds list --failing`",
                more,
            )


def report(polled: Polled, plan: PollPlan, unreached: Unreached) -> None:
    """One line for what a person should know, more at DEBUG."""
    feed_id = polled.feed.id
    match polled.outcome:
        case Failed(reason=reason, message=message):
            metrics.polls.labels(outcome=str(reason)).inc()
            if polled.after.stopped_reason or (polled.before.failures == 0 and unreached.more()):
                next_at = f"{polled.after.next_poll_at:%H:%M} UTC"
                logger.warning("feed {}: {} (next try {})", feed_id, message, next_at)
            else:
                logger.debug("feed {}: {} (failure {})", feed_id, message, polled.after.failures)
        case NotModified():
            metrics.polls.labels(outcome="not modified").inc()
            logger.debug("feed {}: not modified", feed_id)
        case Modified():
            metrics.polls.labels(outcome="modified").inc()
            _report_entries(polled, plan)
        case Pushed():
            _report_entries(polled, plan)
    if (
        polled.after.redirect.adopted_url
        and polled.after.redirect.adopted_url != polled.before.redirect.adopted_url
    ):
        logger.info(
            "feed {}: moved for good, asked at {} from now on", feed_id, polled.after.redirect.adopted_url
        )
    if polled.after.gaps.count > polled.before.gaps.count:
        recovered = polled.after.gaps.recovered - polled.before.gaps.recovered
        read = f"; {recovered} of them were read from its older pages" if recovered else ""
        logger.warning(
            "feed {}: all of it is new, so entries were missed{}; polled sooner now", feed_id, read
        )
    if plan.state.guids.unreliable and not polled.before.guids.unreliable:
        metrics.floods.labels(cause="guids").inc()
        logger.warning(
            "feed {}: its guids are unreliable: {}; its entries go by address and text from now on",
            feed_id,
            plan.state.guids.unreliable,
        )
    if polled.before.failures and polled.after.failures == 0:
        logger.info("feed {}: answers again after {} failures", feed_id, polled.before.failures)


def _report_entries(polled: Polled, plan: PollPlan) -> None:
    metrics.entries.labels(identity="new").inc(len(plan.new))
    metrics.entries.labels(identity="changed").inc(len(plan.changed))
    if polled.restructured:
        metrics.floods.labels(cause="restructured").inc()
    many = len(plan.decisions) > MATCHES_SAID
    for decision in plan.decisions:
        metrics.matches.labels(verdict=decision.verdict).inc()
        logger.log(
            "DEBUG" if many else "INFO",
            "feed {}: entry {} matches {}: {}",
            polled.feed.id,
            decision.entry_id,
            decision.match.rule_id,
            decision.reason,
        )
    if many and polled.before.baseline_at is not None:  # a baseline is said below
        logger.info(
            "feed {0}: {1} matches: `monitor entries list --feed {0}`", polled.feed.id, len(plan.decisions)
        )
    for merge in plan.merges:
        metrics.story_merges.inc()
        logger.info("story {} is one with story {}: {}", merge.from_id, merge.into_id, merge.reason)
    if polled.before.baseline_at is None:
        rules = sorted({decision.match.rule_id for decision in plan.decisions})
        hint = f"; `monitor entries list --rule {rules[0]}` shows them" if rules else ""
        matching = len({decision.entry_id for decision in plan.decisions})
        logger.info(
            "feed {}: baseline: {} entries, {} match{}", polled.feed.id, len(plan.new), matching, hint
        )
    elif plan.state.restructured_at != polled.before.restructured_at:
        logger.warning(
            "feed {}: restructured: {}; stored and matched, not told", polled.feed.id, polled.restructured
        )
    elif plan.new or plan.changed:
        logger.debug("feed {}: {} new, {} changed", polled.feed.id, len(plan.new), len(plan.changed))
