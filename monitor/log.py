"""Logging: loguru to standard error, for people, for journald, or as JSON; secrets never in it.

The standard library's loggers are routed here too, those that print whole URLs only from WARNING on.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal, TextIO

from loguru import logger

from monitor.core.text.url_tables import DOOR_OPENER

if TYPE_CHECKING:
    from loguru import Message, Record

LogFormat = Literal["text", "json"]

JOURNAL_PRIORITY = {"TRACE": 7, "DEBUG": 7, "INFO": 6, "SUCCESS": 5, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}
"""sd-daemon(3): `<N>` before a line is its syslog level."""

CHATTY = (
    "httpx",
    "httpcore",
    "aiohttp",
    "apscheduler",
    "alembic",
    "asyncio",
    "aiosmtplib",
    "pebble",
    "apprise",
    "urllib3",
)

URL_CREDENTIALS = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")
URL_QUERY_SECRETS = re.compile(rf"(?i)(?<=[?&;])({DOOR_OPENER}=)[^&\s\"'>]+")
SHORTEST_SECRET = 4
"""Characters. Hiding shorter values would black out ordinary words."""


def set_up(
    *, level: str, log_format: LogFormat, secrets: Collection[str], stream: TextIO | None = None
) -> None:
    """Everything that is logged from here on goes to `stream` (standard error), redacted."""
    out = sys.stderr if stream is None else stream
    hide = redactor(secrets)
    journal = log_format == "text" and bool(os.environ.get("JOURNAL_STREAM"))
    render: Callable[[Record], str]
    if log_format == "json":
        render = _as_json
    elif journal:
        render = _for_journal
    else:
        render = _for_people

    def sink(message: Message) -> None:
        out.write(hide(render(message.record)))
        out.flush()

    logger.remove()
    # diagnose=True would print the values of local variables, secrets among them.
    logger.add(sink, level=level, format="{message}", diagnose=False, backtrace=False, catch=True)
    logging.basicConfig(handlers=[_Intercept()], level=logging.WARNING, force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


IN_ADDRESSES: Final = ((URL_CREDENTIALS, "***"), (URL_QUERY_SECRETS, r"\1***"))
"""What is hidden of any address, and by what."""


def redactor(
    secrets: Collection[str], *, patterns: Iterable[tuple[re.Pattern[str], str]] = IN_ADDRESSES
) -> Callable[[str], str]:
    """A function that hides the given secrets, and what the patterns find."""
    hidden = sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET}, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, hidden))) if hidden else None

    def redact(line: str) -> str:
        if pattern is not None:
            line = pattern.sub("***", line)
        for found, instead in patterns:
            line = found.sub(instead, line)
        return line

    return redact


class _Intercept(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        logger.opt(exception=record.exc_info).log(
            record.levelname if record.levelname in JOURNAL_PRIORITY else record.levelno,
            "{}: {}",
            record.name,
            record.getMessage(),
        )


def _exception(record: Record) -> str:
    if record["exception"] is None:
        return ""
    kind, value, trace = record["exception"]
    import traceback  # noqa: PLC0415 - only where something broke

    lines = "".join(traceback.format_exception(kind, value, trace)).rstrip().split("\n")
    return "\n".join(map(_one_line, lines))  # its text may be a stranger's, too


def _one_line(text: str) -> str:
    """One line of plain characters: feeds put line breaks and escape sequences into titles."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _fields(extra: Mapping[str, object]) -> str:
    return "".join(f" {key}={_one_line(str(value))}" for key, value in extra.items())


def _text(record: Record) -> str:
    text = _one_line(record["message"]) + _fields(record["extra"])
    exception = _exception(record)
    return f"{text}\n{exception}" if exception else text


def _for_people(record: Record) -> str:
    return f"{record['time']:%Y-%m-%d %H:%M:%S} {record['level'].name:<8} {_text(record)}\n"


def _for_journal(record: Record) -> str:
    priority = JOURNAL_PRIORITY.get(record["level"].name, 6)
    return "".join(f"<{priority}>{line}\n" for line in _text(record).splitlines())


def _as_json(record: Record) -> str:
    document: dict[str, object] = {
        "time": record["time"].isoformat(),
        "level": record["level"].name,
        "message": record["message"],
        **{key: str(value) for key, value in record["extra"].items()},
    }
    if exception := _exception(record):
        document["exception"] = exception
    written = json.dumps(document, ensure_ascii=False)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in written) + "\n"
