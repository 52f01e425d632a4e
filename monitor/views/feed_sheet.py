"""What `monitor feeds show` tells of a feed's polling: what its server asked for, what was done, how it publishes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from monitor.core.polling import rhythm
from monitor.core.polling.schedule import BODY_CEILING, FRESH_CEILING
from monitor.model import FeedState, Subscription

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BARS = " ▁▂▃▄▅▆▇█"


def document(
    state: FeedState, delays: Sequence[timedelta], subscription: Subscription | None = None
) -> dict[str, Any]:
    """The sheet for `--json`; lengths of time in seconds. `delays` are from publication to first sight.

    `subscription`: the one to the feed's hub; None: nobody asked for one.
    """
    hourly = rhythm.rates(state)
    ranked = sorted(delay.total_seconds() for delay in delays)
    return {
        "asked": {
            "max_age_s": state.validators.fresh_s,
            "retry_after_s": state.retry_after_s,
            "ttl_s": state.hints.ttl_s,
            "update_period_s": state.hints.update_s,
            "skip_hours": list(state.hints.skip_hours),
            "skip_days": [WEEKDAYS[day] for day in state.hints.skip_days],
        },
        "not_before_at": state.not_before_at,
        "not_modified_share": state.counts.not_modified / state.counts.polls if state.counts.polls else None,
        "shortest_gap_s": state.shortest_gap_s,
        "last_unconditional_at": state.body.unconditional_at,
        "last_body_at": state.body.at,
        "adopted_url": state.redirect.adopted_url or None,
        "moved": {"to": state.redirect.to, "since": state.redirect.since_at, "polls": state.redirect.seen}
        if state.redirect.to
        else None,
        "hub": _hub(state, subscription),
        "gaps": state.gaps.count,
        "last_gap_at": state.gaps.last_at,
        "guids_unreliable": state.guids.unreliable or None,
        "restructured_at": state.restructured_at,
        "recovered": state.gaps.recovered,
        "entries_a_day": sum(hourly) if hourly else None,
        "entries_by_hour": [round(24 * rate, 2) for rate in hourly] if hourly else None,
        "match_share": rhythm.weight(state) if hourly else None,
        "last_entry_at": state.rhythm.last_entry_at,
        "longest_quiet_s": state.rhythm.longest_quiet_s or None,
        "delay_s": {"median": ranked[len(ranked) // 2], "p95": ranked[int(len(ranked) * 0.95)]}
        if ranked
        else None,
    }


def facts(sheet: dict[str, Any]) -> list[tuple[str, object]]:
    """The same in words, what was never asked or seen left out; instants stay instants."""
    asked = sheet["asked"]
    found: list[tuple[str, object]] = [
        ("asked: fresh for", _granted(asked["max_age_s"], FRESH_CEILING)),
        ("asked: Retry-After", _length(asked["retry_after_s"])),
        ("asked: ttl", _granted(asked["ttl_s"], BODY_CEILING)),
        ("asked: updated every", _granted(asked["update_period_s"], BODY_CEILING)),
        ("asked: not at (UTC)", ", ".join(f"{hour}:00" for hour in asked["skip_hours"])),
        ("asked: not on (UTC)", ", ".join(asked["skip_days"])),
        ("not before", sheet["not_before_at"]),
        ("304 share", _percent(sheet["not_modified_share"])),
        ("shortest gap", _length(sheet["shortest_gap_s"])),
        ("last unconditional", sheet["last_unconditional_at"]),
        ("last body", sheet["last_body_at"]),
        ("asked at instead", sheet["adopted_url"]),
        *_hub_facts(sheet["hub"]),
        ("missed", _missed(sheet)),
        ("last missed", sheet["last_gap_at"]),
        ("guids", sheet["guids_unreliable"] and f"not relied on: {sheet['guids_unreliable']}"),
        ("restructured", sheet["restructured_at"]),
        ("entries a day", sheet["entries_a_day"] and f"{sheet['entries_a_day']:.1f}"),
        ("by hour (UTC)", _bars(sheet["entries_by_hour"])),
        ("matching", _percent(sheet["match_share"])),
        ("last entry", sheet["last_entry_at"]),
        ("longest quiet", _length(sheet["longest_quiet_s"])),
    ]
    if moved := sheet["moved"]:
        found.append(("redirected to", f"{moved['to']} ({moved['polls']} polls; adopted once it lasts)"))
    if delay := sheet["delay_s"]:
        found.append(("seen after", f"{_length(delay['median'])} (median), {_length(delay['p95'])} (95 %)"))
    return [(name, value) for name, value in found if value]


def _hub(state: FeedState, subscription: Subscription | None) -> dict[str, Any] | None:
    """What was agreed, without what nobody but the hub may know."""
    if subscription is None:
        return {"url": state.push.hub, "state": "not asked"} if state.push.hub else None
    return {
        "url": subscription.hub,
        "state": str(subscription.state),
        "lease_until_at": subscription.lease_until_at,
        "last_push_at": subscription.last_push_at,
        "pushes": subscription.pushes,
        "rejected": subscription.rejected,
        "next_at": subscription.next_at,
        "last_error": subscription.last_error,
    }


def _hub_facts(hub: dict[str, Any] | None) -> list[tuple[str, object]]:
    if hub is None:
        return []
    rejected = f"; {hub['rejected']} ignored, not signed by it" if hub.get("rejected") else ""
    return [
        ("hub", hub["url"]),
        ("hub: state", hub["state"]),
        ("hub: lease until", hub.get("lease_until_at")),
        ("hub: asked again", hub.get("next_at")),
        ("hub: last push", hub.get("last_push_at")),
        ("hub: pushes", "pushes" in hub and f"{hub['pushes']}{rejected}"),
        ("hub: last error", hub.get("last_error")),
    ]


def _missed(sheet: dict[str, Any]) -> str:
    if not sheet["gaps"]:
        return ""
    times = f"{sheet['gaps']} times the whole feed was new: "
    if sheet["recovered"]:
        return times + f"{sheet['recovered']} entries that had scrolled past were read from its older pages"
    return times + "some entries were never seen"


def _granted(asked_s: float | None, ceiling: timedelta) -> str:
    most_s = ceiling.total_seconds()
    more = f" ({_length(most_s)} granted)" if asked_s and asked_s > most_s else ""
    return _length(asked_s) + more


def _length(seconds: float | None) -> str:
    """A length of time as the config writes it, in its largest whole unit but one."""
    if seconds is None:
        return ""
    for unit, size_s in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size_s:
            return f"{seconds / size_s:.0f}{unit}"
    return f"{seconds:.0f}s"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _bars(hourly: Sequence[float] | None) -> str:
    if not hourly:
        return ""
    most = max(hourly)
    return "".join(BARS[round(rate / most * (len(BARS) - 1))] for rate in hourly) if most else ""
