"""Small values of the glossary for tests of the pure core: every argument can be left out."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from monitor.core.examine import Examined
from monitor.core.poll_facts import Polled
from monitor.core.stories.identity import New, keys_of
from monitor.core.text.filing import words_of
from monitor.model import (
    Alert,
    Alerting,
    AlertKind,
    Channel,
    Config,
    Decision,
    Delivery,
    Entry,
    Feed,
    FeedEntry,
    FeedState,
    Logging,
    Match,
    Modified,
    ParsedFeed,
    Polling,
    Rule,
    Verdict,
    Web,
)
from monitor.model.options import ChannelOptions

NOW = datetime(2026, 1, 6, 20, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WIRE = Feed(id="wire", url="https://wire.example/feed")


def channel(channel_id: str, *recipients: str) -> Channel:
    return Channel(id=channel_id, type="webhook", options=ChannelOptions(), recipients=recipients)


def rules(*ids: str, **keys: Any) -> dict[str, Rule]:
    return {one: Rule(id=one, query=one, **keys) for one in ids}


def config(**keys: Any) -> Config:
    """With two rules, a channel, and a second one that has recipients. Keys of `Alerting` are taken as such."""
    own = {name: keys.pop(name) for name in list(keys) if name in Config.__dataclass_fields__}
    given: dict[str, Any] = {
        "folder": "/config",
        "database_url": SecretStr("sqlite:////state/monitor.db"),
        "polling": Polling(),
        "alerting": Alerting(**{"default": ("desk",), "zone": "Europe/Paris", **keys}),
        "web": Web(),
        "logging": Logging(),
        "feeds": {"wire": WIRE},
        "channels": {"desk": channel("desk"), "mail": channel("mail", "ann@x.example", "bob@x.example")},
        "rules": rules("paris", "london"),
        "lists": {},
        "secrets": frozenset(),
    }
    return Config(**{**given, **own})


def entry(**keys: Any) -> Entry:
    given: dict[str, Any] = {
        "id": 1,
        "feed_id": "wire",
        "title": "Declaration signed",
        "published_at": NOW - HOUR,
        "fetched_at": NOW,
        "first_seen_at": NOW,
        "story_id": 1,
    }
    return Entry(**{**given, **keys})


def match(rule_id: str = "paris") -> Match:
    return Match(rule_id=rule_id, rule_version="1")


def alert(**keys: Any) -> Alert:
    given: dict[str, Any] = {
        "id": 1,
        "kind": AlertKind.NEW,
        "story_id": 1,
        "entry_id": 1,
        "rules": ("paris",),
        "reason": "first match of this rule in story 1",
        "created_at": NOW,
        "send_at": NOW,
    }
    return Alert(**{**given, **keys})


def decision(**keys: Any) -> Decision:
    given: dict[str, Any] = {
        "entry_id": 1,
        "match": match(),
        "verdict": Verdict.ALERTED,
        "reason": "first match of this rule in story 1",
        "alert_id": 1,
    }
    return Decision(**{**given, **keys})


def delivery(**keys: Any) -> Delivery:
    given: dict[str, Any] = {
        "id": "d1",
        "alert_id": 1,
        "channel": "desk",
        "recipient": "",
        "next_attempt_at": NOW,
    }
    return Delivery(**{**given, **keys})


def feed_state(**keys: Any) -> FeedState:
    """Of a feed whose first poll was stored an hour ago."""
    given: dict[str, Any] = {
        "feed_id": "wire",
        "url": WIRE.url,
        "next_poll_at": NOW,
        "baseline_at": NOW - HOUR,
        "fence": 1,
    }
    return FeedState(**{**given, **keys})


def fresh(title: str, *matching: str, **keys: Any) -> Examined:
    """An entry that its feed never had before, and the rules that it matches."""
    given = FeedEntry(**{"title": title, "guid": title, "published_at": NOW - HOUR, **keys})
    return Examined(
        entry=given,
        identity=New(keys_of(given), "new"),
        language=given.language,
        words=words_of(given),
        matches=tuple(match(rule_id) for rule_id in matching),
    )


def polled(*examined: Examined, **keys: Any) -> Polled:
    before = keys.pop("before", feed_state())
    given: dict[str, Any] = {
        "feed": WIRE,
        "before": before,
        "after": feed_state(
            baseline_at=before.baseline_at, fence=before.fence + 1, last_poll_at=keys.get("at", NOW)
        ),
        "outcome": Modified(
            feed=ParsedFeed(title="Wire", entries=tuple(one.entry for one in examined)), body_hash="h"
        ),
        "at": NOW,
        "examined": examined,
    }
    return Polled(**{**given, **keys})
