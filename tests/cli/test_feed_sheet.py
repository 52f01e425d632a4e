"""What `feeds show` says of a feed's polling."""

import json
from datetime import timedelta

import pytest
from samples.news import NOW, feed_state

from monitor.model import (
    Gaps,
    PollCounts,
    PublishingHints,
    Push,
    Redirect,
    Rhythm,
    Subscription,
    SubscriptionState,
    Validators,
)
from monitor.views import feed_sheet

DELAYS = [timedelta(minutes=minutes) for minutes in range(1, 101)]


def told(**keys):
    return dict(feed_sheet.facts(feed_sheet.document(feed_state(**keys), DELAYS)))


def test_of_a_feed_that_was_never_polled_little_is_said():
    sheet = feed_sheet.document(feed_state(), [])
    assert feed_sheet.facts(sheet) == []
    assert json.loads(json.dumps(sheet))["asked"]["ttl_s"] is None


@pytest.mark.parametrize(
    ("keys", "name", "words"),
    [
        ({"hints": PublishingHints(ttl_s=600.0)}, "asked: ttl", "10m"),
        ({"hints": PublishingHints(ttl_s=86_400.0)}, "asked: ttl", "24h (60m granted)"),
        ({"validators": Validators(fresh_s=604_800.0)}, "asked: fresh for", "7d (24h granted)"),
        ({"validators": Validators(fresh_s=86_400.0)}, "asked: fresh for", "24h"),
        ({"validators": Validators(fresh_s=0.0)}, "asked: fresh for", "0s"),
        ({"hints": PublishingHints(skip_hours=(0, 23))}, "asked: not at (UTC)", "0:00, 23:00"),
        ({"hints": PublishingHints(skip_days=(5, 6))}, "asked: not on (UTC)", "Saturday, Sunday"),
        ({"counts": PollCounts(polls=4, not_modified=3)}, "304 share", "75%"),
        ({"not_before_at": NOW}, "not before", NOW),
        (
            {"redirect": Redirect(adopted_url="https://new.example/")},
            "asked at instead",
            "https://new.example/",
        ),
        ({"gaps": Gaps(count=2)}, "missed", "2 times the whole feed was new: some entries were never seen"),
        (
            {"gaps": Gaps(count=2, recovered=7)},
            "missed",
            "2 times the whole feed was new: 7 entries that had scrolled past were read from its older pages",
        ),
        ({}, "seen after", "51m (median), 96m (95 %)"),
    ],
)
def test_what_was_asked_and_done_is_said_in_words(keys, name, words):
    assert told(**keys)[name] == words


def test_a_move_that_is_not_adopted_yet_is_counted():
    shown = told(redirect=Redirect(to="https://new.example/", seen=3, since_at=NOW))
    assert shown["redirected to"] == "https://new.example/ (3 polls; adopted once it lasts)"


def test_a_rhythm_is_drawn_by_the_hour():
    hours = tuple(20.0 if 8 <= hour < 18 else 0.0 for hour in range(24))
    shown = told(rhythm=Rhythm(hours=hours, days=14.0, until_at=NOW))
    assert len(shown["by hour (UTC)"]) == 24
    assert shown["by hour (UTC)"][12] == "█"
    assert float(shown["entries a day"]) == pytest.approx(200 / 14, rel=0.05)


def test_what_a_hub_does_is_said_without_what_only_it_may_know():
    assert told(push=Push(hub="https://hub.example/"))["hub: state"] == "not asked"
    agreed = Subscription(
        token="canary",
        feed_id="wire",
        hub="https://hub.example/",
        topic="https://wire.example/",
        callback="https://hooks.example/canary",
        secret="canary",
        state=SubscriptionState.LIVE,
        next_at=NOW,
        lease_until_at=NOW,
        pushes=12,
        rejected=3,
    )
    sheet = feed_sheet.document(feed_state(push=Push(hub=agreed.hub)), [], agreed)
    facts = dict(feed_sheet.facts(sheet))
    assert (facts["hub"], facts["hub: state"], facts["hub: lease until"]) == (agreed.hub, "live", NOW)
    assert facts["hub: pushes"] == "12; 3 ignored, not signed by it"
    assert "canary" not in f"{sheet} {facts}"
