"""What is counted, for Prometheus. No label per feed: ten thousand feeds would be ten thousand series."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

REGISTRY = CollectorRegistry()

polls = Counter("monitor_polls", "Polls that ended, by outcome.", ["outcome"], registry=REGISTRY)
entries = Counter("monitor_entries", "Entries stored, by what they were.", ["identity"], registry=REGISTRY)
matches = Counter("monitor_matches", "Matches, by what became of them.", ["verdict"], registry=REGISTRY)
pages = Counter(
    "monitor_pages",
    "Attempts to read the page of an entry: read, or why not.",
    ["outcome"],
    registry=REGISTRY,
)
pushes = Counter(
    "monitor_pushes", "What hubs sent (WebSub), by what became of it.", ["outcome"], registry=REGISTRY
)
subscriptions = Counter(
    "monitor_subscriptions",
    "Steps of subscriptions to hubs (WebSub): asked, confirmed, denied, failed, ended, or refused as not ours.",
    ["step"],
    registry=REGISTRY,
)
story_merges = Counter(
    "monitor_story_merges", "Stories that turned out to be one with another.", registry=REGISTRY
)
floods = Counter(
    "monitor_floods",
    "What would tell old news again: a feed restructured, guids believed no more, a database restored or copied.",
    ["cause"],
    registry=REGISTRY,
)
deliveries = Counter(
    "monitor_deliveries",
    "Attempts to deliver, by how they ended.",
    ["channel_type", "outcome"],
    registry=REGISTRY,
)
updates = Counter(
    "monitor_updates", "Looks at what was new in told stories, by outcome.", ["outcome"], registry=REGISTRY
)
summaries = Counter(
    "monitor_summaries", "Summaries of what was held, by occasion.", ["occasion"], registry=REGISTRY
)
reloads = Counter("monitor_reloads", "Reloads of the config, by outcome.", ["outcome"], registry=REGISTRY)
poll_duration = Histogram(
    "monitor_poll_duration_seconds", "From the start of a poll to its commit.", registry=REGISTRY
)
delivery_lag = Histogram(
    "monitor_delivery_lag_seconds",
    "From the moment a delivery was due to the channel's acknowledgement.",
    registry=REGISTRY,
)
feeds_overdue = Gauge("monitor_oldest_overdue_seconds", "How late the latest feed is.", registry=REGISTRY)
in_flight = Gauge("monitor_polls_in_flight", "Polls under way.", registry=REGISTRY)

FEED_STATES = ("ok", "failing", "stopped", "disabled", "new")
feeds = Gauge("monitor_feeds", "Feeds of the config, by how they fare.", ["state"], registry=REGISTRY)
outbox = Gauge("monitor_outbox_deliveries", "Deliveries, by state.", ["state"], registry=REGISTRY)
outbox_oldest = Gauge(
    "monitor_outbox_oldest_seconds", "How long the oldest delivery that is due has waited.", registry=REGISTRY
)
workers = Gauge(
    "monitor_workers", "Workers on this database, by how they fare.", ["state"], registry=REGISTRY
)
rules = Gauge("monitor_rules", "Rules in force.", registry=REGISTRY)
config_problems = Gauge("monitor_config_problems", "Errors and warnings of the config.", registry=REGISTRY)
database_bytes = Gauge("monitor_database_bytes", "Size of the database.", registry=REGISTRY)
build = Gauge("monitor_build_info", "1; the version stands in its label.", ["version"], registry=REGISTRY)
ProcessCollector(registry=REGISTRY)
