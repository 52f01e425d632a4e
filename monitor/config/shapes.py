"""The shapes of the config's tables: which keys there are, what each may hold, what it is when left out."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from monitor.config.sentences import wrong
from monitor.config.values import (
    Age,
    Contact,
    DatabaseUrl,
    DigestTimes,
    Duration,
    HeaderName,
    HeaderValue,
    HostName,
    Id,
    Interval,
    ListenAddress,
    LogLevel,
    ProxyUrl,
    Since,
    Size,
    Tag,
    TimeOfDay,
    Token,
    Until,
    WebUrl,
    Zone,
)
from monitor.model import Alerting, Fulltext, Logging, Polling, Priority, Retention, Updates

POLLING, ALERTING, LOGGING, RETENTION = Polling(), Alerting(), Logging(), Retention()
"""What holds where the config says nothing."""


class Shape(BaseModel):
    """A table: no other keys, no other types; an error never quotes its values."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class DatabaseTable(Shape):
    """`[database]`."""

    url: DatabaseUrl = SecretStr("sqlite:///monitor.db")


class PollingTable(Shape):
    """`[polling]`."""

    interval: Interval = POLLING.interval
    min_interval: Interval = POLLING.min_interval
    contact: Contact = POLLING.contact
    concurrency: int = Field(default=POLLING.concurrency, ge=1, le=10_000)
    allow_private: bool = POLLING.allow_private


class QuietHoursTable(Shape):
    """`[alerting.quiet_hours]`."""

    from_: TimeOfDay = Field(alias="from")
    to: TimeOfDay
    zone: Zone | None = None

    @model_validator(mode="after")
    def _have_a_length(self) -> Self:
        if self.from_ == self.to:
            raise wrong("quiet hours that end when they begin", "leave the key out for none")
        return self


class AlertingTable(Shape):
    """`[alerting]`."""

    default: list[str] = [*ALERTING.default]
    operator: list[str] = [*ALERTING.operator]
    zone: Zone | None = None
    max_age: Interval = ALERTING.max_age
    group_wait: Duration = ALERTING.group_wait
    update_interval: Duration = ALERTING.update_interval
    catch_up: Duration = ALERTING.catch_up
    max_per_hour: int = Field(default=ALERTING.max_per_hour, ge=1)
    quiet_hours: QuietHoursTable | None = None
    bursts: bool = ALERTING.bursts
    lulls: bool = ALERTING.lulls
    ping_url: WebUrl | None = None


class WebTable(Shape):
    """`[web]`."""

    listen: ListenAddress | None = None
    public_url: WebUrl | None = None
    callback_url: WebUrl | None = None
    token: Token | None = None
    hosts: list[HostName] = []


class LoggingTable(Shape):
    """`[logging]`."""

    level: LogLevel = LOGGING.level


class RetentionTable(Shape):
    """`[retention]`."""

    age: Age = RETENTION.age
    entries: int = Field(default=RETENTION.entries, ge=0)
    size: Size = RETENTION.bytes
    feed_entries: int = Field(default=RETENTION.feed_entries, ge=0)
    feed_size: Size = RETENTION.feed_bytes
    remembered: Age = RETENTION.remembered


class MainFile(Shape):
    """monitor.toml. A channel's options are checked against its type's own model."""

    database: DatabaseTable = DatabaseTable()
    polling: PollingTable = PollingTable()
    alerting: AlertingTable = AlertingTable()
    channel: list[dict[str, Any]] = []
    web: WebTable = WebTable()
    logging: LoggingTable = LoggingTable()
    retention: RetentionTable = RetentionTable()


class ChannelTable(Shape):
    """What every channel has; the rest is its type's."""

    id: Id
    type: str


class FeedRetentionTable(Shape):
    """`retention` of a `[[feed]]`."""

    age: Age | None = None
    entries: int | None = Field(default=None, ge=0)
    size: Size | None = None


class FeedTable(Shape):
    """`[[feed]]`."""

    url: str = Field(min_length=1)
    id: Id | None = None
    title: str = ""
    tags: list[Tag] = []
    interval: Interval | None = None
    fulltext: Fulltext | None = None
    headers: dict[HeaderName, HeaderValue] = {}
    user: str | None = None
    password: SecretStr | None = None
    proxy: ProxyUrl | None = None
    allow_private: bool = False
    enabled: bool = True
    retention: FeedRetentionTable = FeedRetentionTable()


class FeedsFile(Shape):
    """feeds.toml."""

    opml: list[str] = []
    feed: list[FeedTable] = []


def _example(value: object) -> object:
    if isinstance(value, str):
        return {"title": value}
    if not isinstance(value, dict):
        raise wrong("an example is a text or a table", 'write "…" or { title = "…", summary = "…" }')
    return value


class ExampleTable(Shape):
    """A text of `must_match` or `must_not_match`."""

    title: str = ""
    summary: str = ""
    content: str = ""
    lang: str | None = None


Example = Annotated[ExampleTable, BeforeValidator(_example)]


class ScoreTable(Shape):
    """`[rule.score]`."""

    threshold: float = Field(gt=0, allow_inf_nan=False)
    title_factor: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    terms: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(min_length=1)


class RuleTable(Shape):
    """`[[rule]]`."""

    id: Id
    title: str = ""
    query: str = ""
    exclude: str = ""
    languages: list[str] = []
    feeds: list[str] = []
    max_age: Interval | None = None
    since: Since | None = None
    until: Until | None = None
    priority: Priority = "normal"
    alert: list[str] = []
    fulltext: Fulltext = "never"
    updates: Updates = "new"
    follow: bool = False
    quiet_hours: bool = True
    enabled: bool = True
    group: Literal["story", "rule"] = "story"
    digest: DigestTimes | None = None
    recipients: list[str] = []
    score: ScoreTable | None = None
    must_match: list[Example] = []
    must_not_match: list[Example] = []

    @model_validator(mode="after")
    def _have_a_time(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise wrong("until lies before since: nothing is published between", "exchange the two")
        return self


class RulesFile(Shape):
    """A file of the folder rules/. Its rules are checked one by one, since one may fail alone."""

    lists: dict[str, Any] = {}
    """Each is checked by itself (`rules.list_terms`): a list of texts, or a table of such by language."""
    rule: list[dict[str, Any]] = []
