"""A rule with how much it has found, as lists, the page and the API give it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from monitor.config import Loaded
from monitor.store import bursts


def documents_of(
    loaded: Loaded,
    *,
    matches: Mapping[str, int],
    paces: Mapping[tuple[str, str], bursts.KnownPace],
    broken_since: Mapping[str, datetime | None],
) -> list[dict[str, Any]]:
    """Of all rules in force; the others by rule, `broken_since` has those with a mistake alone."""
    return [
        {
            "id": rule.id,
            "title": rule.title,
            "priority": rule.priority,
            "languages": rule.languages,
            "feeds": rule.feeds,
            "alert": rule.alert or loaded.config.alerting.default,
            "query": rule.query,
            "exclude": rule.exclude,
            "since": rule.since,
            "until": rule.until,
            "matches": matches.get(rule.id, 0),
            "pace": _pace(paces.get((rule.id, loaded.rules.rule(rule.id).version))),
            "place": str(rule.place) if rule.place else None,
            "broken_since": broken_since.get(rule.id),
        }
        for rule in loaded.config.rules.values()
    ]


def _pace(known: bursts.KnownPace | None) -> dict[str, Any] | None:
    """None where the rule, as it is now, has found nothing yet."""
    if known is None:
        return None
    return {
        "reports_a_day": round(sum(known.usual.hourly), 2),
        "reports_by_hour": [round(rate, 3) for rate in known.usual.hourly],
        "last_day": known.last_day,
        "watched_days": round(known.usual.watched / timedelta(days=1), 1),
    }
