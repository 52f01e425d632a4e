"""What a backtest found, as the command, the page and the API give it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core.alerts.render import text
from monitor.model import AlertKind, Message
from monitor.tuning.backtest import Backtest, Found
from monitor.tuning.replay import Told

MOST_DAYS = 28
"""Lines of the plot at most; where there are more days, a line is several."""


def document(found: Backtest, *, zone: str, texts: bool) -> dict[str, Any]:
    """All of it; the messages' texts only where they are wanted."""
    return {
        "rules": found.rules,
        "from": found.from_at,
        "until": found.until_at,
        "stored": found.stored,
        "found": len(found.found),
        "told": len(found.told),
        "told_a_day": round(found.told_a_day, 2),
        "days": [
            {"day": day.isoformat(), "found": met, "told": told} for day, met, told in days(found, zone)
        ],
        "outlets": found.outlets,
        "languages": found.languages,
        "verdicts": found.verdicts,
        "messages": [_message(one, texts=texts) for one in found.told],
        "entries": [entry(one) for one in found.found],
    }


def entry(found: Found) -> dict[str, Any]:
    """An entry that was found, and what became of it."""
    return {
        "id": found.entry_id,
        "feed": found.feed_id,
        "title": found.title,
        "url": found.url,
        "language": found.language,
        "published_at": found.published_at,
        "first_seen_at": found.first_seen_at,
        "decisions": [
            {"rule": one.match.rule_id, "verdict": one.verdict, "reason": one.reason}
            for one in found.decisions
        ],
    }


def headline(message: Message) -> str:
    """What a message tells, in a line."""
    if message.lines:
        return f"{len(message.lines)} stories: {'; '.join(line.title for line in message.lines)}"
    if message.reports:
        return message.reports[0].entry.title or message.reports[0].entry.url or "(no title)"
    return message.text.partition("\n")[0]


def kind(message: Message) -> str:
    """What sort of message it is, in words."""
    return "" if message.kind is AlertKind.NEW else str(message.kind)


def days(found: Backtest, zone: str) -> Iterator[tuple[date, int, int]]:
    """Each day from the first to the last: the entries that were found, and the messages."""
    if found.from_at is None:
        return
    met, told = found.found_by_day(zone), found.told_by_day(zone)
    ends = [found.from_at, found.until_at, *(told.at for told in found.told[-1:])]
    day, *_, last = sorted(moment.astimezone(ZoneInfo(zone)).date() for moment in ends)
    while day <= last:
        yield day, met.get(day, 0), told.get(day, 0)
        day += timedelta(days=1)


def plotted(found: Backtest, zone: str) -> list[tuple[date, int, int]]:
    """The same between the first day with something and the last, in at most `MOST_DAYS` steps."""
    every = list(days(found, zone))
    some = [number for number, (_, met, told) in enumerate(every) if met or told]
    every = every[some[0] : some[-1] + 1] if some else []
    size = -(-len(every) // MOST_DAYS) or 1
    steps = [every[start : start + size] for start in range(0, len(every), size)]
    return [(step[0][0], sum(one[1] for one in step), sum(one[2] for one in step)) for step in steps]


def shares(counts: Mapping[str, int], *, most: int, width: int) -> str:
    """`bbc 12, lemonde 8 and 14 more`, in so many characters."""
    pieces = [f"{name or 'unknown'} {count}" for name, count in counts.items()]
    said: list[str] = []
    for piece in pieces[:most]:
        room = width if len(said) + 1 == len(pieces) else width - len(" and 999 more")
        if said and len(", ".join([*said, piece])) > room:
            break
        said.append(piece)
    left = len(counts) - len(said)
    return ", ".join(said) + (f" and {left} more" if left else "")


def _message(told: Told, *, texts: bool) -> dict[str, Any]:
    message = told.message
    given: dict[str, Any] = {
        "at": told.at,
        "kind": message.kind,
        "headline": headline(message),
        "story": message.story.id if message.story else None,
        "rules": [rule.id for rule in message.rules],
        "entries": [report.entry.id for report in message.reports],
        "to": [{"channel": channel, "recipient": recipient} for channel, recipient in told.to],
    }
    return given | {"text": text(message)} if texts else given
