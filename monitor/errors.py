"""Every error that this program raises on purpose.

MonitorError
├── ConfigError          yours: a list of problems, each with its place and cure
├── RuleError            yours: one query, with the offset where it goes wrong
├── FetchError           theirs: the feed could not be had
├── ParseError           theirs: what came is no feed
├── ChannelError         theirs: a message could not be handed over
└── StorageError         the database
    ├── DiskFull         there is no room for it
    ├── DatabaseAway     its server does not answer
    ├── DatabaseLost     its file is gone, was replaced, or is damaged
    ├── StalePoll        another poll of the same feed was stored first
    ├── DatabaseNewer    made by a newer version of this program
    ├── DatabaseInUse    another daemon holds it
    └── GivenUp          others do this worker's work

Attributes drive behaviour, text is for people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class MonitorError(Exception):
    """Something went wrong that the monitor knows of."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file: line and column count from 1, 0 means "the whole file"."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


class Severity(StrEnum):
    """Whether it can run with that."""

    ERROR = "error"
    WARNING = "warning"


SHOWN_CHARACTERS = 160
"""Of a longer line, those around the caret."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong or doubtful in the config, where it is, and what to do about it."""

    place: Place
    message: str
    cure: str = ""
    severity: Severity = Severity.ERROR
    source_line: str = field(default="", compare=False)
    """The line itself, for the caret under `place.column`; empty where there is none to show."""
    rule: str | None = None
    """The rule it is about: such a problem rejects this rule alone, any other the whole config."""
    test: bool = False
    """One of the rule's own tests failed: the rule can be understood, and runs."""

    @property
    def line(self) -> str:
        """All of it but the source line, for a log."""
        return f"{self.place}: {self.severity}: {self.message}" + (f" ({self.cure})" if self.cure else "")

    def __str__(self) -> str:
        text = f"{self.place}: {self.severity}: {self.message}"
        if self.source_line:
            start = max(self.place.column - SHOWN_CHARACTERS // 2, 0)
            shown = self.source_line[start : start + SHOWN_CHARACTERS]
            text += f"\n    {shown}"
            if self.place.column:
                text += f"\n    {' ' * (self.place.column - 1 - start)}^"
        if self.cure:
            text += f"\n    {self.cure}"
        return text


class ConfigError(MonitorError):
    """The configuration is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class RuleError(MonitorError):
    """A query cannot be understood."""

    def __init__(self, message: str, *, offset: int = 0, length: int = 1, cure: str = "") -> None:
        """`offset` and `length` count characters of the query's text."""
        self.message, self.offset, self.length, self.cure = message, offset, length, cure
        super().__init__(message)


class FetchReason(StrEnum):
    """Why a feed could not be had. The schedule, the counters and `feeds show` go by it."""

    DNS = "dns"
    """A fault that may pass: the resolver did not answer."""
    HOST_UNKNOWN = "host unknown"
    """The resolver answered: there is no such name, or it has no address."""
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    TOO_LARGE = "too large"
    ENCODING = "content encoding"
    REDIRECTS = "redirects"
    FORBIDDEN_ADDRESS = "forbidden address"
    PROTOCOL = "protocol"
    CLIENT_STATUS = "status 4xx"
    SERVER_STATUS = "status 5xx"
    UNEXPECTED_STATUS = "unexpected status"
    FILE = "file"
    URL = "url"
    ROBOTS = "robots.txt"
    """An entry's page that its site wishes no robot to read."""
    HELD = "host held"
    """Not asked: its host wants to be left alone until `retry_after_s` from now."""


class FetchError(MonitorError):
    """The feed could not be had."""

    def __init__(
        self,
        message: str,
        *,
        reason: FetchReason,
        status: int | None = None,
        retry_after_s: float | None = None,
        held_host: str = "",
    ) -> None:
        """`held_host` is not to be asked for `retry_after_s`, for whichever feed."""
        self.reason, self.status, self.retry_after_s = reason, status, retry_after_s
        self.held_host = held_host
        super().__init__(message)


class ParseReason(StrEnum):
    """Why a document could not be read."""

    HTML = "an HTML page"
    NOT_A_FEED = "not a feed"
    EMPTY = "empty"
    TRUNCATED = "cut off"
    TIMEOUT = "took too long to read"
    CRASHED = "the reader died of it"
    NO_PAGE = "not a web page"
    NO_TEXT = "no text on the page"


class ParseError(MonitorError):
    """What came is no feed."""

    def __init__(self, message: str, *, reason: ParseReason, feeds: tuple[str, ...] = ()) -> None:
        """`feeds` are the addresses of the feeds that a web page links to, the likeliest first."""
        self.reason, self.feeds = reason, feeds
        super().__init__(message)


class ChannelReason(StrEnum):
    """Why a message could not be handed over. `core.alerts.retry` has the table of what follows."""

    CONNECT = "connect"
    TIMEOUT = "timeout"
    UNKNOWN = "unknown"
    """The request went out and no answer came: it may have arrived."""
    TLS = "tls"
    AUTHENTICATION = "authentication"
    REFUSED = "refused"
    RATE_LIMITED = "rate limited"
    REJECTED = "rejected"
    RECIPIENT = "recipient"
    SERVER = "server"
    CONFIG = "config"
    PROGRAM = "program"


class ChannelError(MonitorError):
    """A message could not be handed over."""

    def __init__(
        self,
        message: str,
        *,
        reason: ChannelReason,
        permanent: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        self.reason, self.permanent, self.retry_after_s = reason, permanent, retry_after_s
        super().__init__(message)


class StorageError(MonitorError):
    """The database could not do what was asked."""


class DiskFull(StorageError):  # noqa: N818
    """The disk of the database is full."""


class DatabaseAway(StorageError):  # noqa: N818
    """The server of the database does not answer: that may pass, and is waited for."""


class DatabaseLost(StorageError):  # noqa: N818
    """The file of the database is gone, was replaced, or is damaged: only a person can mend that."""


class StalePoll(StorageError):  # noqa: N818 - an event more than an error, named for what happened
    """Another poll of this feed was stored first; this one is dropped whole."""


class DatabaseNewer(StorageError):  # noqa: N818
    """The database was made by a newer version of this program."""


class DatabaseInUse(StorageError):  # noqa: N818
    """Another daemon is running on this database."""


class GivenUp(StorageError):  # noqa: N818 - an event
    """This worker was silent for too long: others do its work, and nothing of its own counts any more."""
