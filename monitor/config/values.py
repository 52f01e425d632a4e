"""The values that a config's keys may hold, beyond what TOML itself can say, and what is wrong with others."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, SecretStr

from monitor.config.sentences import did_you_mean, wrong
from monitor.model import Timetable

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([0-9]{1,9})([smhd])")
_NEARLY_DURATION = re.compile(r"\s*(\d{1,9})\s*([smhd])[a-z]*\s*", re.IGNORECASE)
LEAST_TOKEN = 16
"""Characters: what is shorter can be guessed."""
MAX_DURATION = timedelta(days=3650)
"""Ten years: longer ones are typing errors, and adding them to a date overflows."""


def _duration(value: object) -> timedelta:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise wrong(f"{value} has no unit", f'write "{value}s", "{value}m", "{value}h" or "{value}d"')
    if not isinstance(value, str):
        raise wrong("this is no length of time", 'write "90s", "15m", "2h" or "7d"')
    if found := _DURATION.fullmatch(value):
        length = timedelta(**{_UNITS[found[2]]: int(found[1])})
        if length > MAX_DURATION:
            raise wrong(f'"{value}" is longer than ten years', 'write "90s", "15m", "2h" or "7d"')
        return length
    if nearly := _NEARLY_DURATION.fullmatch(value):
        raise wrong(f'"{value}" is no length of time', f'write "{nearly[1]}{nearly[2].lower()}"')
    raise wrong(f'"{value}" is no length of time', 'write "90s", "15m", "2h" or "7d"')


def _an_interval(value: timedelta) -> timedelta:
    if value < timedelta(seconds=1):
        raise wrong("an interval is at least one second", 'write "1s" or more')
    return value


_BYTES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZE = re.compile(r"([0-9]{1,9}) ?([KMGT]iB)")
_SIZE_CURE = 'write "512 MiB" or "4 GiB", or 0 for no bound'


def _size(value: object) -> int:
    """In bytes."""
    if type(value) is int and value == 0:
        return 0
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise wrong("this is no size", _SIZE_CURE)
    return int(found[1]) * _BYTES[found[2]]


SHORTEST_AGE = timedelta(days=14)
"""Younger entries are still compared with what comes."""


def _age(value: object) -> timedelta:
    length = timedelta(0) if type(value) is int and value == 0 else _duration(value)
    if timedelta(0) < length < SHORTEST_AGE:
        raise wrong("entries are kept for two weeks at least", 'write "14d" or more, or 0 for no bound')
    return length


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        cure = did_you_mean(value, available_timezones()) or 'write a name such as "Europe/Paris"'
        raise wrong(f'there is no time zone "{value}"', cure) from None
    return value


def _time_of_day(value: object) -> time:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{2}:[0-9]{2}", value):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise wrong("this is no time of day", 'write hours and minutes: "22:00"')


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAYS = {name: number for names in (_SHORT_DAYS, _DAYS) for number, name in enumerate(names)}
_DIGEST_CURE = 'write "daily 08:00", "weekly mon 08:00" or "every 4h"'
_DAY = timedelta(days=1)
_SHORTEST_DIGEST = timedelta(minutes=15)


def _digest_times(value: object) -> Timetable:
    words = value.split() if isinstance(value, str) else []
    match [word.casefold() for word in words]:
        case ["daily", at]:
            return Timetable(times=(_time_of_day(at),))
        case ["weekly", day, at]:
            if day not in _WEEKDAYS:
                raise wrong(f'"{day}" is no day of the week', f"write one of {', '.join(_SHORT_DAYS)}")
            return Timetable(times=(_time_of_day(at),), days=frozenset({_WEEKDAYS[day]}))
        case ["every", length]:
            return Timetable(times=_times_every(_duration(length)))
    raise wrong("these are no times for a digest", _DIGEST_CURE)


def _times_every(length: timedelta) -> tuple[time, ...]:
    """From midnight on, each day alike."""
    if not _SHORTEST_DIGEST <= length <= _DAY or _DAY % length:
        raise wrong(
            "a day is divided evenly, into quarters of an hour at the least",
            'write "every 15m", "every 30m", "every 1h", "every 2h", "every 4h", "every 6h" or "every 12h"',
        )
    midnight = datetime(2000, 1, 1)  # noqa: DTZ001 - a time of day, in no zone
    return tuple((midnight + number * length).time() for number in range(_DAY // length))


_ID = re.compile(r"\w[\w.-]{0,99}")


def is_an_id(value: str) -> bool:
    """Whether it can be typed, and stand in a file name."""
    return _ID.fullmatch(value) is not None


def an_id(value: str) -> str:
    """The value, where it is an id. Raises ValueError."""
    if not is_an_id(value):
        raise wrong(
            f'"{value[:40]}" is no id',
            "use letters, digits, . - and _, at most 100 of them, and begin with a letter or digit",
        )
    return value


def _tag(value: str) -> str:
    return an_id(value).casefold()


def _listen(value: str) -> str:
    host, colon, port = value.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= 65535) or (
        ":" in host and not bracketed
    ):
        raise wrong(
            f'"{value}" is no address to listen on',
            'write address:port, such as "127.0.0.1:8787" or "[::1]:8787"',
        )
    return value


def _token(value: SecretStr) -> SecretStr:
    said = value.get_secret_value()
    if len(said) < LEAST_TOKEN or not said.isascii() or not said.isprintable() or " " in said:
        raise wrong(
            f"a token has at least {LEAST_TOKEN} letters and digits, without blanks",
            "make one with `openssl rand -hex 24`",
        )
    return value


def _host_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", value):
        raise wrong(
            f'"{value}" is no name of a host', 'write it without a scheme or port: "news.example.org"'
        )
    return value.lower()


def _web_url(value: str) -> str:
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise wrong("this is no web address", 'write it whole: "https://monitor.example.org"')
    return value


def _contact(value: str) -> str:
    if not value or re.fullmatch(r"(mailto:[^\s@]+@[^\s@]+|https?://[^\s]+)", value):
        return value
    if re.fullmatch(r"[^\s@:]+@[^\s@]+", value):
        raise wrong(f'"{value}" lacks its scheme', f'write "mailto:{value}"')
    raise wrong(
        "a contact is an address that publishers can write to",
        'write "mailto:desk@example.org" or "https://…"',
    )


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return None
    return parts


def _database_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if re.match(r"(postgres|postgresql|postgresql\+psycopg)://", url):
        return value
    if re.match(r"postgres(ql)?\+\w+://", url):
        raise wrong("this driver of PostgreSQL is not supported", 'begin with "postgresql://"')
    if url in {"sqlite://", "sqlite:///", "sqlite:///:memory:"}:
        raise wrong("a database in memory forgets what was sent", 'write "sqlite:///monitor.db"')
    if not url.startswith("sqlite:///"):
        raise wrong("this is no database address", 'write "sqlite:///monitor.db" or "postgresql://…"')
    return value


def _level(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


# RFC 9110 §5.6.2 (token) and §5.5 (no control characters but the tab)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def _header_name(value: str) -> str:
    if not _HEADER_NAME.fullmatch(value):
        raise wrong("this is no name of a header", 'letters, digits and hyphens: "X-Api-Key"')
    return value


def _header_value(value: SecretStr) -> SecretStr:
    if _CONTROL.search(value.get_secret_value()):
        raise wrong("a header's value is one line", "take out line ends and control characters")
    return value


def _proxy(value: SecretStr) -> SecretStr:
    parts = _split(value.get_secret_value())
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise wrong("this is no address of a proxy", 'write "http://proxy.example.org:3128"')
    return value


def _since(value: object) -> datetime:
    return _moment(value, time.min)


def _until(value: object) -> datetime:
    return _moment(value, time.max)


def _moment(value: object, of_day: time) -> datetime:
    """The moment; of a day its beginning or its end. What names no zone is UTC, as feeds' dates are compared."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime.combine(value, of_day)
    else:
        cure = f"write {value}" if _is_date(value) else "write 2025-12-20"
        raise wrong("this is no date", f"{cure}, without quotes")
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_date(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value))


Since = Annotated[datetime, BeforeValidator(_since)]
Until = Annotated[datetime, BeforeValidator(_until)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Age = Annotated[timedelta, BeforeValidator(_age)]
Size = Annotated[int, BeforeValidator(_size)]
Interval = Annotated[Duration, AfterValidator(_an_interval)]
Zone = Annotated[str, AfterValidator(_zone)]
DigestTimes = Annotated[Timetable, BeforeValidator(_digest_times)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Id = Annotated[str, AfterValidator(an_id)]
Tag = Annotated[str, AfterValidator(_tag)]
Contact = Annotated[str, AfterValidator(_contact)]
ListenAddress = Annotated[str, AfterValidator(_listen)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
HostName = Annotated[str, AfterValidator(_host_name)]
Token = Annotated[SecretStr, AfterValidator(_token)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[SecretStr, AfterValidator(_header_value)]
ProxyUrl = Annotated[SecretStr, AfterValidator(_proxy)]
LogLevel = Annotated[
    Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_level)
]
