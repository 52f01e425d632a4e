"""Which silence keeps a match from being told, and a message from being sent.

A silence holds where all that it names (rule, feed, story) agrees; what it does not name may be any.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from monitor.core.alerts.compose import Material
from monitor.model import Silence


def silence_of(
    silences: Iterable[Silence],
    *,
    rule_id: str,
    feed_id: str | None,
    story_id: int | None,
    now: datetime,
) -> Silence | None:
    """The silence that holds at `now`, the one that ends last where there are several; None: there is none.

    What comes from no feed, or tells no story, is silenced only by its rule.
    """
    holding = [
        silence
        for silence in silences
        if silence.from_at <= now < silence.until_at
        and silence.rule_id in (None, rule_id)
        and silence.feed_id in (None, feed_id)
        and silence.story_id in (None, story_id)
    ]
    return max(holding, key=lambda silence: (silence.until_at, -silence.id), default=None)


def muted(material: Material, silences: Sequence[Silence], *, now: datetime) -> Silence | None:
    """The silence that keeps a message from being sent now; None where there is anything in it to be told.

    Of several the one that ends first: then it is asked again. Notes have no rule and are never muted.
    """
    alert = material.alert
    feeds = {entry.id: entry.feed_id for entry in material.entries}
    told: set[tuple[str, str | None]] = {
        (decision.match.rule_id, feeds.get(decision.entry_id)) for decision in material.decisions
    }
    holding = [
        silence_of(silences, rule_id=rule_id, feed_id=feed_id, story_id=alert.story_id, now=now)
        for rule_id, feed_id in told or {(rule_id, None) for rule_id in alert.rules}
    ]
    found = [silence for silence in holding if silence is not None]
    if not found or len(found) < len(holding):
        return None
    return min(found, key=lambda silence: (silence.until_at, silence.id))


def said(silence: Silence) -> str:
    """The reason that stands with what it kept back."""
    return f"silenced by {silence.id}"
