"""What the rooms hand to each other, as frozen values; and the glossary.

Instants end in `_at` and are aware UTC; lengths of time are `timedelta` or end in `_s`, sizes in `_bytes`.
A mapping or tuple in here is never changed after it was made.

    feed         an address that is polled
    entry        one piece of a feed, as it is stored; `FeedEntry` before that
    reported_at  when an entry was published, or first seen where it does not say
    baseline     what stood in a feed when it was first read: stored, matched, never alerted
    rule, query  what somebody wants to hear of; the part of it that is asked of each entry
    match        rule × entry, with the places to mark
    verdict      what became of a match: alerted, joined, held, copy, baseline, too old, silenced
    copy         an entry whose text another entry has brought already
    story        entries that report the same event
    report       an entry as it is compared and shown: its telling words, its outlet
    outlet       who publishes: a feed by the name that people know it by
    thread       what one rule has told of one story: its first alert and the updates
    told         said in an alert, or about to be: of stories and reports, never of an entry's publication
    alert        the decision to tell a story: new, update, summary, digest, burst, lull, note
    channel      a way to a person; what is handed to it is a message
    delivery     one alert to one recipient of one channel: a row of the outbox
    held         of a delivery: a summary, not it, will tell the alert
    silence      a person's wish not to hear of a rule, feed or story for a while
    label        what a person said of an entry: right, wrong or missed by a rule; no copy; of another story
    pace         how many reports an hour a rule finds; a burst is far more, a lull far fewer
    reach        how many outlets and languages tell a story
    pause        a time in which a host is not asked, or in which nobody polled at all
    wait         how long until the next poll; a minimum wait is the publisher's word
    gap          entries that came and went between two polls
    note         an alert about the monitor itself, to its operator
"""

from monitor.model.alert import Alert, AlertKind, AlertState, Delivery, DeliveryState, Occasion, Silence
from monitor.model.entry import (
    Decision,
    Edit,
    Entry,
    EntryChange,
    Field,
    Match,
    Span,
    Story,
    StoryMerge,
    Verdict,
)
from monitor.model.feed import (
    Allowance,
    Feed,
    FeedRetention,
    FeedState,
    Fulltext,
    Gaps,
    GuidTrust,
    LastBody,
    PollCounts,
    PublishingHints,
    Push,
    Redirect,
    Rhythm,
    Subscription,
    SubscriptionState,
    Validators,
)
from monitor.model.label import OF_RULES, Label, Mark, Said
from monitor.model.message import Channel, Line, Message, Receipt, Report, RuleName
from monitor.model.page import Page, PageState, Site
from monitor.model.poll import (
    Advice,
    EntryKeys,
    Failed,
    FeedEntry,
    FetchRequest,
    Hubs,
    Modified,
    NotModified,
    ParsedFeed,
    PollOutcome,
    PollYield,
    Pushed,
    Response,
)
from monitor.model.rule import Example, ListTerms, Priority, Rule, Score, Timetable, Updates
from monitor.model.settings import Alerting, Config, Logging, Polling, QuietHours, Retention, Web

__all__ = [
    "OF_RULES",
    "Advice",
    "Alert",
    "AlertKind",
    "AlertState",
    "Alerting",
    "Allowance",
    "Channel",
    "Config",
    "Decision",
    "Delivery",
    "DeliveryState",
    "Edit",
    "Entry",
    "EntryChange",
    "EntryKeys",
    "Example",
    "Failed",
    "Feed",
    "FeedEntry",
    "FeedRetention",
    "FeedState",
    "FetchRequest",
    "Field",
    "Fulltext",
    "Gaps",
    "GuidTrust",
    "Hubs",
    "Label",
    "LastBody",
    "Line",
    "ListTerms",
    "Logging",
    "Mark",
    "Match",
    "Message",
    "Modified",
    "NotModified",
    "Occasion",
    "Page",
    "PageState",
    "ParsedFeed",
    "PollCounts",
    "PollOutcome",
    "PollYield",
    "Polling",
    "Priority",
    "PublishingHints",
    "Push",
    "Pushed",
    "QuietHours",
    "Receipt",
    "Redirect",
    "Report",
    "Response",
    "Retention",
    "Rhythm",
    "Rule",
    "RuleName",
    "Said",
    "Score",
    "Silence",
    "Site",
    "Span",
    "Story",
    "StoryMerge",
    "Subscription",
    "SubscriptionState",
    "Timetable",
    "Updates",
    "Validators",
    "Verdict",
    "Web",
]
