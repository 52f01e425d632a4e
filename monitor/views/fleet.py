"""How the workers of one database fare."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from monitor.core.agreement import version_to_run
from monitor.model import DeliveryState
from monitor.store import Store, outbox, published, queue, workers


def fleet_document(store: Store) -> dict[str, Any]:
    """Who works, on which config, at what; how far behind they are; what waits. By the database's clock."""
    with store.reading() as connection:
        now = workers.clock(connection)
        every = workers.listed(connection)
        hosts = Counter(workers.held(connection, workers.HOST).values())
        jobs = workers.held(connection, workers.JOB)
        newest = published.in_force(connection)
        waiting = queue.waiting(connection, now)
        deliveries = outbox.counts(connection)
    living = [one for one in every if now - one.seen_at < workers.SILENT]
    running = [one.config_version for one in sorted(living, key=lambda one: one.started_at)]
    version = version_to_run(newest.version if newest else None, running)
    return {
        "version": version,
        "published": None
        if newest is None
        else {"number": newest.number, "at": newest.published_at, "by": newest.published_by},
        "workers": [
            {
                "name": one.name,
                "host": one.host,
                "pid": one.pid,
                "started_at": one.started_at,
                "silent_s": round(max((now - one.seen_at).total_seconds(), 0.0), 1),
                "is_silent": one not in living,
                "version": one.config_version,
                "agrees": one.config_version == version,
                "hosts": hosts[one.id],
                "jobs": sorted(job for job, holder in jobs.items() if holder == one.id),
                "doing": one.doing,
            }
            for one in every
        ],
        "waiting": {"feeds": waiting.feeds, "hosts": waiting.hosts},
        "overdue": None
        if waiting.since is None
        else {
            "host": waiting.oldest_host,
            "feed": waiting.oldest_feed,
            "since": waiting.since,
            "seconds": _seconds(waiting.since, now),
        },
        "outbox": {state.value: deliveries[state] for state in DeliveryState if state in deliveries},
    }


def ailments(document: dict[str, Any]) -> list[str]:
    """What somebody should look at, in words."""
    found = [] if any(not one["is_silent"] for one in document["workers"]) else ["nobody works"]
    for one in document["workers"]:
        who = f"{one['name']} on {one['host']}"
        if one["is_silent"]:
            found.append(f"{who} was not seen for {one['silent_s']:.0f} s")
        elif one["version"] and not one["agrees"]:  # one that has none yet is starting
            found.append(
                f"{who} runs on config {one['version']}, not on {document['version']}: it polls nothing"
            )
    return found


def _seconds(since: datetime, now: datetime) -> float:
    return round((now - since).total_seconds(), 1)
